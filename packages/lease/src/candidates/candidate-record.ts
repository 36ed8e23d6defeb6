import { createHash } from "node:crypto";
import type { KubernetesObject } from "@tenure/kubernetes";
import type { LeaseLocation } from "../elector/lease-store.ts";

/** A candidate's own small Lease: it is there, and when it has held the lease. Nothing is elected by it. */
export interface CandidateRecord {
  /** Of the object. */
  readonly name: string;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly identity: string;
  /** In ms: for how long after a change it counts. */
  readonly duration: number;
  /** The token of the last term in which it held the lease; 0: none. */
  readonly lastTurn: number;
  /** By the candidate's own wall clock: text for people, nothing is decided by it. */
  readonly renewTime: string | undefined;
}

/** Its value says for which lease: see `candidateLabelValue`. */
export const candidateLabel = "tenure.dev/candidate-of";
export const lastTurnAnnotation = "tenure.dev/last-turn";

/** Of a DNS label and of a label's value. */
const longestName = 63;
const hashLength = 16;

/** The lease's name with a hash of it and of the identity: both may be longer, or of other characters, than a name may be. */
export function candidateName(lease: string, identity: string): string {
  const readable = lease.replaceAll(/[^a-z0-9-]/g, "-").slice(0, longestName - hashLength - 1);
  return `${readable}-${hash(`${lease}\0${identity}`)}`;
}

/** The lease's name where a label can hold it. */
export function candidateLabelValue(lease: string): string {
  if (lease.length <= longestName) return lease;
  return `${lease.slice(0, longestName - hashLength - 1)}-${hash(lease)}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, hashLength);
}

/** Undefined: it names no candidate. */
export function decodeCandidate(lease: KubernetesObject): CandidateRecord | undefined {
  const { name = "", uid, resourceVersion, annotations } = lease.metadata;
  const spec = (lease.spec ?? {}) as CandidateSpec;
  if (!spec.holderIdentity) return undefined;
  const lastTurn = Number(annotations?.[lastTurnAnnotation] ?? 0);
  return {
    name,
    uid,
    resourceVersion,
    identity: spec.holderIdentity,
    duration: (spec.leaseDurationSeconds ?? 0) * 1_000,
    lastTurn: Number.isSafeInteger(lastTurn) && lastTurn > 0 ? lastTurn : 0,
    renewTime: spec.renewTime ?? undefined,
  };
}

interface CandidateSpec {
  readonly holderIdentity?: string | null;
  readonly leaseDurationSeconds?: number | null;
  readonly renewTime?: string | null;
}

/**
 * @param base what is there; undefined: it is made. What others put there is kept.
 * @param duration in ms
 * @param lastTurn undefined: none in this process, and what is recorded stays
 */
export function encodeCandidate(
  location: LeaseLocation,
  identity: string,
  base: KubernetesObject | undefined,
  {
    duration,
    lastTurn,
    time,
  }: { readonly duration: number; readonly lastTurn: number | undefined; readonly time: string },
): KubernetesObject {
  const { namespace, name } = location;
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      ...(base?.metadata ?? { namespace, name: candidateName(name, identity) }),
      labels: { ...base?.metadata.labels, [candidateLabel]: candidateLabelValue(name) },
      annotations: {
        ...base?.metadata.annotations,
        ...(lastTurn === undefined ? {} : { [lastTurnAnnotation]: String(lastTurn) }),
      },
    },
    spec: {
      ...(base?.spec as object | undefined),
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(duration / 1_000),
      renewTime: time,
    },
  };
}
