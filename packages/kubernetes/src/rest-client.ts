import type { Term } from "@tenure/core";
import { Discovery } from "./discovery.ts";
import type { HttpCall, HttpTransport } from "./http-transport.ts";
import type {
  ApiResource,
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  KubernetesClient,
  ListOptions,
  Selection,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./kubernetes-client.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import {
  describeReference,
  type KubernetesList,
  type KubernetesObject,
  type ObjectReference,
  referenceTo,
} from "./kubernetes-object.ts";
import { readWatch } from "./watch-stream.ts";

const metadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const metadataObject = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

interface RawList {
  readonly items?: readonly Omit<KubernetesObject, "apiVersion" | "kind">[];
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

/** KubernetesClient over an HttpTransport: turns objects into paths and answers into objects. */
export class RestClient implements KubernetesClient {
  readonly #transport: HttpTransport;
  readonly #discovery: Discovery;

  constructor(transport: HttpTransport) {
    this.#transport = transport;
    this.#discovery = new Discovery(transport);
  }

  get server(): string {
    return this.#transport.server;
  }

  async get(reference: ObjectReference, options: CallOptions = {}): Promise<KubernetesObject | undefined> {
    try {
      const path = await this.#pathOf(reference, options);
      return (await this.#read(path, `get of ${describeReference(reference)}`, options)) as KubernetesObject;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list(what: ListOptions, options: CallOptions = {}): Promise<KubernetesList> {
    const resource = await this.resourceFor(what.apiVersion, what.kind, options);
    const items: KubernetesObject[] = [];
    let page: string | undefined;
    for (;;) {
      const query = selectionQuery(what);
      query.set("limit", String(what.limit ?? 500));
      if (page !== undefined) query.set("continue", page);
      const raw = (await this.#transport.call({
        method: "GET",
        path: `${collectionPath(resource, what.namespace)}?${query}`,
        what: `list of ${what.kind}`,
        signal: options.signal,
        timeout: options.timeout,
        freshConnection: options.freshConnection,
        ...(what.metadataOnly ? { accept: metadataList } : {}),
      })) as RawList;
      for (const item of raw.items ?? []) {
        // The server leaves both out of the items of a list.
        items.push({ ...item, apiVersion: what.apiVersion, kind: what.kind } as KubernetesObject);
      }
      page = raw.metadata?.continue || undefined;
      if (page === undefined) return { items, resourceVersion: raw.metadata?.resourceVersion ?? "" };
    }
  }

  async *watch(what: WatchOptions, options: { readonly signal: AbortSignal }): AsyncGenerator<WatchEvent> {
    const resource = await this.resourceFor(what.apiVersion, what.kind, options);
    const query = selectionQuery(what);
    query.set("watch", "true");
    query.set("allowWatchBookmarks", "true");
    if (what.resourceVersion !== undefined) query.set("resourceVersion", what.resourceVersion);
    if (what.timeoutSeconds !== undefined) query.set("timeoutSeconds", String(what.timeoutSeconds));
    const words = `watch of ${what.kind}`;
    const abort = new AbortController();
    const signal = AbortSignal.any([options.signal, abort.signal]);
    try {
      const body = await this.#transport.stream({
        method: "GET",
        path: `${collectionPath(resource, what.namespace)}?${query}`,
        what: words,
        signal,
        ...(what.metadataOnly ? { accept: metadataObject } : {}),
      });
      yield* readWatch(words, body, signal);
    } finally {
      abort.abort();
    }
  }

  async create(term: Term, object: KubernetesObject, options: WriteOptions = {}): Promise<KubernetesObject> {
    const resource = await this.resourceFor(object.apiVersion, object.kind, options);
    const path = collectionPath(resource, namespaceFor(resource, referenceTo(object)));
    return this.#write(
      term,
      object,
      { method: "POST", path: withQuery(path, writeQuery(options)), body: object },
      options,
    );
  }

  async replace(term: Term, object: KubernetesObject, options: WriteOptions = {}): Promise<KubernetesObject> {
    const path = await this.#pathOf(referenceTo(object), options);
    return this.#write(
      term,
      object,
      { method: "PUT", path: withQuery(path, writeQuery(options)), body: object },
      options,
    );
  }

  async apply(term: Term, object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    const path = await this.#pathOf(referenceTo(object), options);
    const query = writeQuery(options);
    query.set("fieldManager", options.fieldManager);
    query.set("fieldValidation", "Strict");
    if (options.force) query.set("force", "true");
    const call = {
      method: "PATCH",
      path: withQuery(path, query),
      body: object,
      // JSON is YAML.
      contentType: "application/apply-patch+yaml",
    } as const;
    return this.#write(term, object, call, options);
  }

  async patch(
    term: Term,
    reference: ObjectReference,
    patch: { readonly type: "json" | "merge"; readonly body: unknown },
    options: WriteOptions = {},
  ): Promise<KubernetesObject> {
    const path = withQuery(await this.#pathOf(reference, options), writeQuery(options));
    const contentType = patch.type === "json" ? "application/json-patch+json" : "application/merge-patch+json";
    return this.#write(term, reference, { method: "PATCH", path, body: patch.body, contentType }, options);
  }

  async delete(term: Term, reference: ObjectReference, options: DeleteOptions = {}): Promise<"deleted" | "absent"> {
    const { uid, resourceVersion, propagationPolicy = "Background" } = options;
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy,
      preconditions: { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    };
    try {
      const path = withQuery(await this.#pathOf(reference, options), writeQuery(options));
      await this.#write(term, reference, { method: "DELETE", path, body }, options);
      return "deleted";
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return "absent";
      throw error;
    }
  }

  getRaw(path: string, options: CallOptions = {}): Promise<unknown> {
    return this.#read(path, `get of ${path}`, options);
  }

  resourceFor(apiVersion: string, kind: string, options?: CallOptions): Promise<ApiResource> {
    return this.#discovery.resourceFor(apiVersion, kind, options);
  }

  invalidateDiscovery(): void {
    this.#discovery.invalidate();
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #read(path: string, what: string, options: CallOptions): Promise<unknown> {
    const { signal, timeout, freshConnection } = options;
    return this.#transport.call({ method: "GET", path, what, signal, timeout, freshConnection });
  }

  async #write(
    term: Term,
    target: KubernetesObject | ObjectReference,
    call: Pick<HttpCall, "method" | "path" | "body" | "contentType">,
    options: WriteOptions,
  ): Promise<KubernetesObject> {
    const reference = "metadata" in target ? referenceTo(target) : target;
    const verb = call.contentType === "application/apply-patch+yaml" ? "apply" : verbs[call.method];
    const answer = await this.#transport.call({
      ...call,
      what: `${verb} of ${describeReference(reference)}`,
      term,
      secret: reference.kind === "Secret",
      signal: options.signal,
      timeout: options.timeout,
      freshConnection: options.freshConnection,
      onWarning: options.onWarning,
    });
    return answer as KubernetesObject;
  }

  async #pathOf(reference: ObjectReference, options: CallOptions): Promise<string> {
    if (reference.name === "") {
      throw new KubernetesError(`a ${reference.kind} has no name`, {
        code: "KUBE_INVALID",
        kind: "permanent",
        remedy: "Give it metadata.name.",
      });
    }
    const resource = await this.resourceFor(reference.apiVersion, reference.kind, options);
    // Names may hold what a URL does not, as the colon of a ClusterRole; they are case-sensitive.
    return `${collectionPath(resource, namespaceFor(resource, reference))}/${encodeURIComponent(reference.name)}`;
  }
}

const verbs: Readonly<Record<string, string>> = { POST: "create", PUT: "replace", PATCH: "patch", DELETE: "delete" };

/** @throws KubernetesError when a namespaced object has none: no default is invented here. */
function namespaceFor(resource: ApiResource, reference: ObjectReference): string | undefined {
  if (!resource.namespaced) return undefined;
  if (reference.namespace) return reference.namespace;
  throw new KubernetesError(`${describeReference(reference)} has no namespace`, {
    code: "KUBE_INVALID",
    kind: "permanent",
    remedy: "Give it metadata.namespace.",
  });
}

function collectionPath({ group, version, plural, namespaced }: ApiResource, namespace: string | undefined): string {
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced && namespace !== undefined
    ? `${base}/namespaces/${encodeURIComponent(namespace)}/${plural}`
    : `${base}/${plural}`;
}

function selectionQuery(what: Selection): URLSearchParams {
  const query = new URLSearchParams();
  if (what.labelSelector !== undefined) query.set("labelSelector", what.labelSelector);
  if (what.fieldSelector !== undefined) query.set("fieldSelector", what.fieldSelector);
  return query;
}

function writeQuery(options: WriteOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (options.dryRun) query.set("dryRun", "All");
  return query;
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query}`;
}
