import { createProcessTerm, systemClock, type Term } from "@tenure/core";
import { type CallOptions, type KubernetesClient, KubernetesError, type KubernetesObject } from "@tenure/kubernetes";
import { decodeLease, encodeLease, type LeaseRecord, type LeaseWrite, microTime } from "../record/lease-record.ts";

export interface LeaseLocation {
  readonly namespace: string;
  readonly name: string;
}

const kind = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" } as const;

/**
 * The right under which the Lease itself is written. The Lease is what a term comes from, so there is none yet: what guards these
 * writes is their resourceVersion.
 */
export const leaseProtocolTerm: Term = createProcessTerm("lease-protocol", systemClock).term;

export type WriteOutcome =
  | { readonly outcome: "written"; readonly record: LeaseRecord }
  | { readonly outcome: "refused" | "conflict" | "unknown"; readonly error: KubernetesError };

export type RequestOptions = Required<CallOptions>;

/** One Lease on one API server. Keeps the objects that it has read, so that a write keeps what others put there. */
export class LeaseStore {
  readonly location: LeaseLocation;
  readonly #client: KubernetesClient;
  #latest: KubernetesObject | undefined;

  constructor(client: KubernetesClient, location: LeaseLocation) {
    this.#client = client;
    this.location = location;
  }

  /** A list of one, because a list tells the current revision also when there is none. @throws KubernetesError */
  async read(
    options: RequestOptions,
  ): Promise<{ readonly record: LeaseRecord | "absent"; readonly collectionVersion: string }> {
    const list = await this.#client.list({ ...kind, ...this.#selection() }, options);
    const found = list.items[0];
    this.#latest = found;
    return { record: found === undefined ? "absent" : decodeLease(found), collectionVersion: list.resourceVersion };
  }

  /** Conditional: on the resourceVersion of `base`, or on there being no Lease. */
  async write(write: LeaseWrite, base: LeaseRecord | "absent", options: RequestOptions): Promise<WriteOutcome> {
    const known = base === "absent" ? undefined : this.#latest;
    if (base !== "absent" && known?.metadata.resourceVersion !== base.resourceVersion) {
      return { outcome: "conflict", error: this.#moved() };
    }
    const lease = encodeLease(write, known, this.location, microTime(new Date()));
    try {
      const written = known
        ? await this.#client.replace(leaseProtocolTerm, lease, options)
        : await this.#client.create(leaseProtocolTerm, lease, options);
      this.#latest = written;
      return { outcome: "written", record: decodeLease(written) };
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      return { outcome: outcomeOf(error, base), error };
    }
  }

  /** Every state of the Lease as it comes, and signs of life of the watch, until the server ends the watch. @throws KubernetesError */
  async *watch(
    signal: AbortSignal,
  ): AsyncGenerator<
    | { readonly type: "seen"; readonly record: LeaseRecord }
    | { readonly type: "deleted"; readonly resourceVersion: string }
    | { readonly type: "progress" }
  > {
    for await (const { type, object } of this.#client.watch({ ...kind, ...this.#selection() }, { signal })) {
      if (type === "BOOKMARK") {
        yield { type: "progress" };
        continue;
      }
      if (type === "DELETED") {
        yield { type: "deleted", resourceVersion: object.metadata.resourceVersion ?? "" };
        continue;
      }
      const record = decodeLease(object);
      const { resourceVersion } = this.#latest?.metadata ?? {};
      if (resourceVersion === undefined || Number(record.resourceVersion) > Number(resourceVersion))
        this.#latest = object;
      yield { type: "seen", record };
    }
  }

  #selection() {
    return { namespace: this.location.namespace, fieldSelector: `metadata.name=${this.location.name}` };
  }

  #moved(): KubernetesError {
    return new KubernetesError("the Lease has changed since it was read", {
      code: "KUBE_CONFLICT",
      kind: "conflict",
      remedy: "Read it again.",
    });
  }
}

/** Only where the server has answered with a refusal is it certain that nothing was written. */
function outcomeOf(error: KubernetesError, base: LeaseRecord | "absent"): "refused" | "conflict" | "unknown" {
  switch (error.code) {
    case "KUBE_CONFLICT":
      return "conflict";
    case "KUBE_NOT_FOUND":
      // Replaced something that is gone: a read tells. Nothing was there to be replaced: the namespace is missing, of which a read tells nothing.
      return base === "absent" ? "refused" : "conflict";
    case "KUBE_UNAUTHORIZED":
    case "KUBE_FORBIDDEN":
    case "KUBE_INVALID":
    case "KUBE_THROTTLED":
    case "KUBE_UNKNOWN_KIND":
      return "refused";
    default:
      return "unknown";
  }
}
