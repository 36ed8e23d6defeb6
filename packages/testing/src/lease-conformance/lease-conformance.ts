import { type CaseResult, noneFailed, registerCases, runCases } from "../conformance/run-cases.ts";
import type { TestFunction } from "../conformance/test-function.ts";
import { checkLeaseConformanceOptions } from "./check-lease-options.ts";
import { Election } from "./election.ts";
import { endsAtOnceWhenAnotherHolds, endsInTimeWhenCutOff } from "./fault-cases.ts";
import {
  acquiresAFreeLease,
  isHeldByOneOfFive,
  isHeldByOneOfTwo,
  isTakenOverAfterARelease,
  tellsFromTurnsOfItsOwn,
} from "./holding-cases.ts";
import type { LeaseConformanceCase, LeaseConformanceCaseName } from "./lease-conformance-case.ts";
import { LeaseConformanceError } from "./lease-conformance-error.ts";
import type { LeaseConformanceOptions } from "./lease-conformance-options.ts";
import { leavesNoResources, leavesWhenWithdrawn } from "./leaving-cases.ts";
import { survivesManyTerms } from "./many-terms-case.ts";
import {
  keepsWhatItRefuses,
  leavesATermEnded,
  numbersItsTerms,
  pausesAfterAYield,
  raisesTheToken,
  releasesOnlyWhenDrained,
} from "./term-cases.ts";

const bodies: Readonly<Record<LeaseConformanceCaseName, (election: Election) => Promise<string | undefined>>> = {
  "acquires a free lease": acquiresAFreeLease,
  "tells from turns of its own": tellsFromTurnsOfItsOwn,
  "is held by one of two at most": isHeldByOneOfTwo,
  "is held by one of five at most": isHeldByOneOfFive,
  "is taken over after a release": isTakenOverAfterARelease,
  "numbers its terms one by one": numbersItsTerms,
  "raises the token with every term": raisesTheToken,
  "leaves a term ended": leavesATermEnded,
  "releases only when nothing of the term runs any more": releasesOnlyWhenDrained,
  "pauses after a yield": pausesAfterAYield,
  "keeps a lease that it refuses to give up": keepsWhatItRefuses,
  "leaves when it is withdrawn": leavesWhenWithdrawn,
  "leaves no timers or sockets behind": leavesNoResources,
  "ends in time when it is cut off, and regains in a new term": endsInTimeWhenCutOff,
  "ends at once when another holder is seen": endsAtOnceWhenAnotherHolds,
  "survives many terms without growing": survivesManyTerms,
};

/** How a provider did in one case. `error` is a LeaseConformanceError, when it has failed. */
export type LeaseConformanceResult = CaseResult<LeaseConformanceCaseName>;

export interface LeaseConformanceReport {
  /** No case has failed. */
  readonly passed: boolean;
  readonly results: readonly LeaseConformanceResult[];
}

/**
 * The cases as data, for whoever wants to run them in a way of their own: in any order, also several at once. Only "survives many terms without growing"
 * has to be alone, since the heap is everybody's.
 *
 * @throws LeaseConformanceError TENURE_LEASE_CONFORMANCE_SETUP when the options are not what they must be.
 */
export function leaseConformanceCases(options: LeaseConformanceOptions): readonly LeaseConformanceCase[] {
  checkLeaseConformanceOptions(options);
  return Object.entries(bodies).map(([name, body]) => ({
    name: name as LeaseConformanceCaseName,
    timeout: 120_000,
    run: async () => {
      const election = new Election(options);
      try {
        return await body(election);
      } finally {
        await election.close();
      }
    },
  }));
}

/**
 * Registers every case with a test runner, as `leaseProviderConformance({ test, create })`: what any elector must do, whatever it elects by. A case
 * that does not apply is skipped with its reason where the runner allows that.
 *
 * Everything is real: time, and whatever the elector talks to. Run it in a file of its own: the garbage collector of a process is everybody's.
 */
export function leaseProviderConformance(options: LeaseConformanceOptions & { readonly test: TestFunction }): void {
  registerCases(leaseConformanceCases(options), options.test);
}

/**
 * Runs every case, one after the other, and tells how the provider did. Never rejects because of the provider.
 *
 * @throws LeaseConformanceError TENURE_LEASE_CONFORMANCE_SETUP when the options are not what they must be.
 */
export async function runLeaseProviderConformance(options: LeaseConformanceOptions): Promise<LeaseConformanceReport> {
  const results = await runCases(leaseConformanceCases(options), LeaseConformanceError);
  return { passed: noneFailed(results), results };
}
