import { describeError } from "@tenure/core";
import { canSkip, type TestFunction } from "../conformance/test-function.ts";
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

/** How a provider did in one case. */
export interface LeaseConformanceResult {
  readonly name: LeaseConformanceCaseName;
  readonly outcome: "passed" | "failed" | "not-applicable";
  /** What is wrong, or why it does not apply. */
  readonly detail: string | undefined;
  /** A LeaseConformanceError, when it has failed. */
  readonly error: unknown;
  /** In ms. */
  readonly duration: number;
}

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
  for (const { name, timeout, run } of leaseConformanceCases(options)) {
    // The rest parameter keeps the function's length 0: jest takes a parameter for a callback that it waits for.
    const body = async (...[context]: unknown[]) => {
      const whyNot = await run();
      if (whyNot !== undefined && canSkip(context)) context.skip(whyNot);
    };
    options.test(name, body, timeout);
  }
}

/**
 * Runs every case, one after the other, and tells how the provider did. Never rejects because of the provider.
 *
 * @throws LeaseConformanceError TENURE_LEASE_CONFORMANCE_SETUP when the options are not what they must be.
 */
export async function runLeaseProviderConformance(options: LeaseConformanceOptions): Promise<LeaseConformanceReport> {
  const results: LeaseConformanceResult[] = [];
  for (const { name, run } of leaseConformanceCases(options)) {
    const begun = performance.now();
    const result = await run().then(
      (whyNot) =>
        ({ outcome: whyNot === undefined ? "passed" : "not-applicable", detail: whyNot, error: undefined }) as const,
      (error: unknown) =>
        ({
          outcome: "failed",
          detail: error instanceof LeaseConformanceError ? error.message : describeError(error),
          error,
        }) as const,
    );
    results.push({ name, ...result, duration: performance.now() - begun });
  }
  return { passed: results.every(({ outcome }) => outcome !== "failed"), results };
}
