import type { LeaseElector } from "@tenure/core";
import type { CreatedResource } from "../conformance/resource-tracker.ts";

/** What is tested, and how long it may take. All times in ms. */
export interface LeaseConformanceOptions {
  /**
   * Makes an elector with an identity of its own, which has not begun to campaign. Candidates for one lease share a backend.
   *
   * @param lease a name that each run of a case has for itself, so that what one has left behind does not disturb the next.
   */
  readonly create: (lease: string) => LeaseElector | Promise<LeaseElector>;
  /** False: whoever campaigns holds the lease, so that there never may be two candidates. Default true. */
  readonly exclusive?: boolean;
  /** Another takes the lease from its holder, as somebody who edits the backend by hand. Default: the case about it does not apply. */
  readonly takeAway?: (elector: LeaseElector, lease: string) => Promise<void> | void;
  /** From now on this elector does not reach the backend; the others do. Given together with `heal`. Default: the case about it does not apply. */
  readonly cut?: (elector: LeaseElector, lease: string) => Promise<void> | void;
  /** It reaches the backend again. */
  readonly heal?: (elector: LeaseElector, lease: string) => Promise<void> | void;
  /** Until a free lease is held. Default 5,000. */
  readonly acquireWithin?: number;
  /** From the release, as its holder tells it, until another holds it. Default 5,000; a provider that watches needs a tenth of a second. */
  readonly takeOverWithin?: number;
  /** From the return of `takeAway` until the term has ended. Default 1,000. */
  readonly noticeWithin?: number;
  /** From `withdraw`, or from `drained` after it, until it has withdrawn. Default 5,000. */
  readonly leaveWithin?: number;
  /** Of the yields. Default: two retry periods and 100, so that it is longer than what an elector waits by itself. */
  readonly pause?: number;
  /** For how long the components of a term that drains take to stop. Default: longer than the lease by a retry period, but at most 5,000. */
  readonly drainFor?: number;
  /** What may be added to what is done by a timer, beside the time for which this process was seen to stand still. Default 250. */
  readonly slack?: number;
  /** In the long case. Default 50. */
  readonly terms?: number;
  /** Heap that may be kept for each term of the long case, in bytes. Default 8,192: below that, noise of the engine is as large. */
  readonly heapPerTerm?: number;
  /** For how long after its end a socket may take to be gone. Default 250. */
  readonly grace?: number;
  /** Resources that are no leak, as those of a pool that the whole process shares. Default: none. */
  readonly ignore?: (resource: CreatedResource) => boolean;
}
