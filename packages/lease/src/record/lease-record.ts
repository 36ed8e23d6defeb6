import type { KubernetesObject } from "@tenure/kubernetes";

/** What the protocol reads of a Lease. The rest of the object belongs to others and is kept. */
export interface LeaseRecord {
  /** Empty: released. */
  readonly holder: string;
  /** In ms, as the record says: how long to respect it. */
  readonly duration: number;
  /** The fencing token of the holder's term, or of the last one; 0 when the record has none (written by others). */
  readonly token: number;
  /** Which of its holder's writes this is; undefined when written by others. */
  readonly stamp: string | undefined;
  /** How its last holder gave it up, if by a yield, and nobody has acquired it since. */
  readonly yielded: LeaseYield | undefined;
  /** Changes whenever any elector renews, acquires or releases, and with nothing else. */
  readonly fingerprint: string;
  readonly resourceVersion: string;
}

/** A lease that was given up although it could have been kept. */
export interface LeaseYield {
  readonly holder: string;
  readonly token: number;
  readonly reason: string;
}

export const tokenAnnotation = "tenure.dev/token";
export const stampAnnotation = "tenure.dev/write";
export const yieldedAnnotation = "tenure.dev/yielded";

/** Of the reason of a yield, in characters: it is for people, and every watcher of the Lease receives it. */
const longestReason = 256;

/** What a write puts into the Lease. */
export interface LeaseWrite {
  readonly kind: "acquire" | "renew" | "release";
  readonly identity: string;
  readonly token: number;
  readonly stamp: string;
  /** In ms. */
  readonly leaseDuration: number;
  /** The term is given up by a yield, for this reason. An acquisition removes what is recorded of the last one. */
  readonly yieldReason?: string | undefined;
}

interface LeaseSpec {
  readonly holderIdentity?: string | null;
  readonly leaseDurationSeconds?: number | null;
  readonly acquireTime?: string | null;
  readonly renewTime?: string | null;
  readonly leaseTransitions?: number | null;
}

/** A record without a duration (a fault of some libraries) is respected for this long: client-go's default. */
const assumedDuration = 15_000;

export function decodeLease(lease: KubernetesObject): LeaseRecord {
  const spec = (lease.spec ?? {}) as LeaseSpec;
  const annotations = lease.metadata.annotations ?? {};
  const token = Number(annotations[tokenAnnotation] ?? 0);
  return {
    holder: spec.holderIdentity ?? "",
    duration: spec.leaseDurationSeconds ? spec.leaseDurationSeconds * 1_000 : assumedDuration,
    token: Number.isSafeInteger(token) && token > 0 ? token : 0,
    stamp: annotations[stampAnnotation],
    yielded: decodeYield(annotations[yieldedAnnotation]),
    fingerprint: JSON.stringify([
      spec.holderIdentity,
      spec.leaseDurationSeconds,
      spec.acquireTime,
      spec.renewTime,
      spec.leaseTransitions,
      annotations[stampAnnotation],
    ]),
    resourceVersion: lease.metadata.resourceVersion ?? "",
  };
}

/**
 * The Lease to send. Labels, annotations and fields of others are kept (`strategy`, `preferredHolder`). A release is written as client-go
 * writes it, so that its electors take over at once: no holder, one second.
 *
 * @param base what was read last; undefined: the Lease is made.
 * @param time the wall clock, as text, for people and for other electors; nothing here is decided by it.
 */
export function encodeLease(
  write: LeaseWrite,
  base: KubernetesObject | undefined,
  where: { readonly namespace: string; readonly name: string },
  time: string,
): KubernetesObject {
  const spec = (base?.spec ?? {}) as LeaseSpec;
  const acquired = write.kind === "acquire";
  const changesHands = acquired && spec.holderIdentity !== write.identity;
  const { [yieldedAnnotation]: yielded, ...annotations } = base?.metadata.annotations ?? {};
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      ...(base?.metadata ?? where),
      annotations: {
        ...annotations,
        [tokenAnnotation]: String(write.token),
        [stampAnnotation]: write.stamp,
        ...(acquired ? {} : yieldOf(write, yielded)),
      },
    },
    spec: {
      ...spec,
      holderIdentity: write.kind === "release" ? "" : write.identity,
      leaseDurationSeconds: write.kind === "release" ? 1 : Math.ceil(write.leaseDuration / 1_000),
      acquireTime: acquired ? time : (spec.acquireTime ?? time),
      renewTime: time,
      leaseTransitions: (spec.leaseTransitions ?? 0) + (changesHands && base !== undefined ? 1 : 0),
    },
  };
}

function yieldOf(write: LeaseWrite, before: string | undefined): Readonly<Record<string, string>> {
  if (write.yieldReason === undefined) return before === undefined ? {} : { [yieldedAnnotation]: before };
  const { identity: holder, token, yieldReason } = write;
  const reason = yieldReason.length > longestReason ? `${yieldReason.slice(0, longestReason - 1)}…` : yieldReason;
  return { [yieldedAnnotation]: JSON.stringify({ holder, token, reason } satisfies LeaseYield) };
}

/** Anybody may have written the annotation: what is not ours says nothing. */
function decodeYield(text: string | undefined): LeaseYield | undefined {
  if (text === undefined) return undefined;
  try {
    const { holder, token, reason } = JSON.parse(text) as Partial<LeaseYield>;
    if (typeof holder !== "string" || typeof token !== "number" || typeof reason !== "string") return undefined;
    return { holder, token, reason };
  } catch {
    return undefined;
  }
}

/** MicroTime, as the API wants it. */
export function microTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}

/**
 * Whether a record is newer than another. resourceVersions of one resource are comparable as numbers (KEP-5504); those that are not
 * numbers count as newer, which costs a read at most.
 */
export function isNewer(resourceVersion: string, than: string): boolean {
  const [left, right] = [Number(resourceVersion), Number(than)];
  if (!Number.isFinite(left) || !Number.isFinite(right)) return resourceVersion !== than;
  return left > right;
}
