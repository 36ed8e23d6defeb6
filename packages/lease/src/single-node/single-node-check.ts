import { type Component, type ComponentContext, TenureError } from "@tenure/core";
import { type KubernetesConnection, KubernetesError } from "@tenure/kubernetes";
import { candidateLabel, candidateLabelValue } from "../candidates/candidate-record.ts";
import { listCandidates } from "../candidates/list-candidates.ts";
import { type LeaseLocation, LeaseStore } from "../elector/lease-store.ts";

/** Of one list, in ms. A server that takes longer is asked again by the restart. */
const callTimeout = 5_000;

/**
 * Runs only where nobody holds the real Lease of that name and nobody has a record as a candidate for it. A look before the campaign, at what is there
 * then: whoever comes later is not seen.
 *
 * Failed, it is started again with the usual back-off, so that a left-over that is removed, or a server that comes up, is noticed within half a minute.
 */
export class SingleNodeCheck implements Component {
  readonly #connection: KubernetesConnection;
  readonly #location: LeaseLocation;
  /** Above the token of every term that this Lease has had, and above all that were taken from an earlier look. Known once it runs. */
  leastToken = 1;

  constructor(connection: KubernetesConnection, location: LeaseLocation) {
    this.#connection = connection;
    this.#location = location;
  }

  /** @throws TenureError `LEASE_OF_OTHERS` when there is somebody, `LEASE_UNCHECKED` when that cannot be told. */
  async start({ signal }: ComponentContext): Promise<void> {
    const { client } = this.#connection;
    const { name } = this.#location;
    const options = { signal, timeout: callTimeout, freshConnection: false };
    try {
      const { record, collectionVersion } = await new LeaseStore(client, this.#location).read(options);
      const candidates = await listCandidates(client, this.#location, options);
      const lease = record === "absent" ? { holder: "", token: 0 } : record;
      if (lease.holder !== "") throw this.#others(`"${lease.holder}" holds it`, name);
      if (candidates.length > 0) {
        const names = candidates.map(({ identity }) => `"${identity}"`).join(", ");
        throw this.#others(`${names} would hold it`, `-l ${candidateLabel}=${candidateLabelValue(name)}`);
      }
      // Revisions are opaque by the letter of the API; one that is no number tells nothing.
      const revision = Number(collectionVersion);
      this.leastToken = Math.max(lease.token + 1, Number.isSafeInteger(revision) ? revision : 1);
    } catch (error) {
      throw error instanceof KubernetesError ? this.#unchecked(error) : error;
    }
  }

  /** @param selected by kubectl, to remove what may be left of controllers that have crashed: one look cannot tell. */
  #others(who: string, selected: string): TenureError {
    const { namespace, name } = this.#location;
    return new TenureError(`the Lease ${namespace}/${name} is not that of a single node: ${who}`, {
      code: "LEASE_OF_OTHERS",
      remedy: `Use kubernetesLease() in every controller of the cluster; or, if none of them runs any more: kubectl delete leases -n ${namespace} ${selected}`,
    });
  }

  #unchecked(cause: KubernetesError): TenureError {
    const { namespace, name } = this.#location;
    return new TenureError(`it cannot be told whether others would hold the Lease ${namespace}/${name}`, {
      code: "LEASE_UNCHECKED",
      remedy:
        "Let the API server answer, and grant list of Leases in that namespace; where there is no API server that could be asked, compose with `check: false`.",
      cause,
    });
  }
}
