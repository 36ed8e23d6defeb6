import type { Term } from "@tenure/core";
import type { KubernetesList, KubernetesObject, ObjectReference } from "./kubernetes-object.ts";

export interface CallOptions {
  /** Aborts the call. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call is given up. Default 30,000. */
  readonly timeout?: number;
  /**
   * Over a connection that is made for this call alone, and ended with it: when the pooled ones may be dead without knowing it. Costs a TLS
   * handshake. Default false.
   */
  readonly freshConnection?: boolean;
}

export interface WriteOptions extends CallOptions {
  /** The server checks and answers as if it wrote, and does not. Default false. */
  readonly dryRun?: boolean;
  /** Called with each warning that the server sends along. */
  readonly onWarning?: (warning: string) => void;
}

export interface ApplyOptions extends WriteOptions {
  /** Who owns the fields that are applied; at most 128 characters. */
  readonly fieldManager: string;
  /** Take over fields that others own. Default false: a conflict is an error. */
  readonly force?: boolean;
}

export interface DeleteOptions extends WriteOptions {
  /** Delete only this very object, not one of the same name that was made since. */
  readonly uid?: string;
  /** Delete only if it has not changed since. */
  readonly resourceVersion?: string;
  /** What becomes of dependents. Default Background. */
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

/** Objects of one kind. */
export interface Selection {
  readonly apiVersion: string;
  readonly kind: string;
  /** Default: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Only apiVersion, kind and metadata. Default false. */
  readonly metadataOnly?: boolean;
}

export interface ListOptions extends Selection {
  /** Objects a page; all pages are fetched. Default 500, as kubectl does. */
  readonly limit?: number;
}

export interface WatchOptions extends Selection {
  /** From where; default: from any recent state, with an ADDED for everything that exists. */
  readonly resourceVersion?: string;
  /** After which the server ends the watch. Default: the server's own, 30 to 60 minutes. */
  readonly timeoutSeconds?: number;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubernetesObject;
}

/** One kind of resource, as the server describes it. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/**
 * Plain JSON over HTTP, one call a request, no retries: those are for the caller to decide, who knows what they would mean.
 * (One exception: a 401 is tried once more with fresh credentials.)
 *
 * **Every write takes a term.** `term.assertHeld()` is called synchronously right before the request is handed to the connection, after
 * every wait; when the term ends, requests in flight are aborted. Process-scoped work passes the process' own term.
 *
 * All calls throw KubernetesError, writes also TermEndedError.
 */
export interface KubernetesClient {
  /** URL, for messages. */
  readonly server: string;
  /** @returns undefined when there is none. */
  get(reference: ObjectReference, options?: CallOptions): Promise<KubernetesObject | undefined>;
  list(what: ListOptions, options?: CallOptions): Promise<KubernetesList>;
  /**
   * Bookmarks are asked for. Ends when the server ends it, throws when the connection breaks or the resourceVersion is too old
   * (`KUBE_GONE`). A connection that silently carries nothing is not noticed here: watch for progress and abort `signal`.
   */
  watch(what: WatchOptions, options: { readonly signal: AbortSignal }): AsyncIterable<WatchEvent>;
  create(term: Term, object: KubernetesObject, options?: WriteOptions): Promise<KubernetesObject>;
  /** PUT; conditional on `metadata.resourceVersion` where that is set. */
  replace(term: Term, object: KubernetesObject, options?: WriteOptions): Promise<KubernetesObject>;
  /** Server-side apply with strict field validation. An object that carries a uid is never made anew. */
  apply(term: Term, object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject>;
  patch(
    term: Term,
    reference: ObjectReference,
    patch: { readonly type: "json" | "merge"; readonly body: unknown },
    options?: WriteOptions,
  ): Promise<KubernetesObject>;
  /** `absent`: there was none. */
  delete(term: Term, reference: ObjectReference, options?: DeleteOptions): Promise<"deleted" | "absent">;
  /** GET of a path that the calls above do not cover, as `/version`. */
  getRaw(path: string, options?: CallOptions): Promise<unknown>;
  /** By discovery: cached, and asked anew, once, for a kind that is not known. @throws KubernetesError `KUBE_UNKNOWN_KIND`. */
  resourceFor(apiVersion: string, kind: string, options?: CallOptions): Promise<ApiResource>;
  /** The next look asks the server again. */
  invalidateDiscovery(): void;
  /** Ends the connections. Calls in flight fail. A second call does nothing. */
  close(): Promise<void>;
}
