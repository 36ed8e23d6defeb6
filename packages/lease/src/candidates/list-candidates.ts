import type { CallOptions, KubernetesClient } from "@tenure/kubernetes";
import type { LeaseLocation } from "../elector/lease-store.ts";
import { type CandidateRecord, candidateLabel, candidateLabelValue, decodeCandidate } from "./candidate-record.ts";

/**
 * The records of all candidates for a lease, sorted by identity, for `status` commands. Whether one is alive a single look cannot tell: its
 * `renewTime` is by its own clock. Needs the permission to list Leases in the namespace.
 *
 * @throws KubernetesError
 */
export async function listCandidates(
  client: KubernetesClient,
  { namespace, name }: LeaseLocation,
  options?: CallOptions,
): Promise<readonly CandidateRecord[]> {
  const labelSelector = `${candidateLabel}=${candidateLabelValue(name)}`;
  const list = await client.list(
    { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, labelSelector },
    options,
  );
  return list.items
    .flatMap((item) => decodeCandidate(item) ?? [])
    .toSorted((left, right) => (left.identity < right.identity ? -1 : 1));
}
