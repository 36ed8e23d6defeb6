import type { HttpTransport } from "./http-transport.ts";
import type { ApiResource, CallOptions } from "./kubernetes-client.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import { splitApiVersion } from "./kubernetes-object.ts";

interface ApiResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

/**
 * Which path serves which kind. One group and version is asked at a time, when it is first needed, so that a broken aggregated API harms
 * only its own group. What is known is kept; a kind that is not known has its group asked once more.
 */
export class Discovery {
  readonly #transport: HttpTransport;
  readonly #versions = new Map<string, Promise<ReadonlyMap<string, ApiResource>>>();

  constructor(transport: HttpTransport) {
    this.#transport = transport;
  }

  async resourceFor(apiVersion: string, kind: string, options?: CallOptions): Promise<ApiResource> {
    const fresh = !this.#versions.has(apiVersion);
    const known = await this.#kindsOf(apiVersion, options);
    const found = known?.get(kind);
    if (found !== undefined) return found;
    if (!fresh) {
      this.#versions.delete(apiVersion);
      const again = (await this.#kindsOf(apiVersion, options))?.get(kind);
      if (again !== undefined) return again;
    }
    throw new KubernetesError(`the API server does not know the kind ${kind} of ${apiVersion}`, {
      code: "KUBE_UNKNOWN_KIND",
      // Its definition may come later.
      kind: "transient",
      remedy: "Correct apiVersion and kind, or install the CustomResourceDefinition.",
      status: 404,
    });
  }

  invalidate(): void {
    this.#versions.clear();
  }

  async #kindsOf(apiVersion: string, options?: CallOptions): Promise<ReadonlyMap<string, ApiResource> | undefined> {
    let asked = this.#versions.get(apiVersion);
    if (asked === undefined) {
      const asking = this.#ask(apiVersion, options);
      // A failure is not kept. Everybody who waits may have left by then, so this does not depend on them.
      asking.catch(() => {
        if (this.#versions.get(apiVersion) === asking) this.#versions.delete(apiVersion);
      });
      asked = asking;
      this.#versions.set(apiVersion, asked);
    }
    try {
      return await unlessAborted(asked, apiVersion, options?.signal);
    } catch (error) {
      // Not there at all: unknown, rather than an error of the server.
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #ask(apiVersion: string, options?: CallOptions): Promise<ReadonlyMap<string, ApiResource>> {
    const { group, version } = splitApiVersion(apiVersion);
    const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const list = (await this.#transport.call({
      method: "GET",
      path,
      // Others wait for the same answer: the signal of whoever asked first must not take it from them.
      what: `discovery of ${apiVersion}`,
      timeout: options?.timeout,
    })) as ApiResourceList;
    const kinds = new Map<string, ApiResource>();
    for (const { name, kind, namespaced, verbs } of list.resources ?? []) {
      // Subresources, as deployments/scale, carry kinds of their own.
      if (!name.includes("/")) kinds.set(kind, { group, version, kind, plural: name, namespaced, verbs });
    }
    return kinds;
  }
}

/** The answer is shared; whoever does not want it any more leaves, and the others go on waiting. */
function unlessAborted<T>(shared: Promise<T>, apiVersion: string, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  return new Promise<T>((resolve, reject) => {
    const leave = () =>
      reject(
        new KubernetesError(`discovery of ${apiVersion}: aborted`, {
          code: "KUBE_ABORTED",
          kind: "unreachable",
          remedy: "Nothing: whoever asked does not want the answer any more.",
        }),
      );
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
