import { checkConformanceOptions } from "./check-options.ts";
import type { ConformanceCase, ConformanceCaseName } from "./conformance-case.ts";
import { ConformanceError } from "./conformance-error.ts";
import type { ConformanceOptions } from "./conformance-options.ts";
import { survivesManyTerms } from "./growth-case.ts";
import {
  answersForItsHealth,
  endsInTheMiddleOfItsStart,
  starts,
  startsAgainAsAFreshInstance,
  stopsAfterAFailedStart,
  stopsWithinItsDeadline,
} from "./life-cases.ts";
import { Rehearsal, type RehearsalHistory } from "./rehearsal.ts";
import { type CaseResult, noneFailed, registerCases, runCases } from "./run-cases.ts";
import type { TestFunction } from "./test-function.ts";
import {
  leavesNoErrorUnhandled,
  leavesNoListeners,
  leavesNoResources,
  writesNothingAfterItsTerm,
} from "./trace-cases.ts";
import { UnhandledErrors } from "./unhandled-errors.ts";

const bodies: Readonly<Record<ConformanceCaseName, (rehearsal: Rehearsal) => Promise<string | undefined>>> = {
  starts,
  "stops within its deadline": stopsWithinItsDeadline,
  "ends when it is asked to stop in the middle of its start": endsInTheMiddleOfItsStart,
  "stops after a start that failed": stopsAfterAFailedStart,
  "starts again as a fresh instance": startsAgainAsAFreshInstance,
  "answers for its health in time": answersForItsHealth,
  "leaves no timers, sockets or processes behind": leavesNoResources,
  "leaves no listeners behind": leavesNoListeners,
  "writes nothing after its term has ended": writesNothingAfterItsTerm,
  "survives many terms without growing": survivesManyTerms,
  // The last one, since it reports what the others have left as well.
  "leaves no error unhandled": leavesNoErrorUnhandled,
};

/** How a component did in one case. `error` is a ConformanceError, when it has failed. */
export type ConformanceResult = CaseResult<ConformanceCaseName>;

export interface ConformanceReport {
  readonly component: string;
  /** No case has failed. */
  readonly passed: boolean;
  readonly results: readonly ConformanceResult[];
}

/**
 * The cases as data, for whoever wants to run them in a way of their own: in any order, one at a time. An error that nobody handled
 * is reported by "leaves no error unhandled", whichever case it came from; one that comes later, by the next case.
 *
 * @throws ConformanceError TENURE_CONFORMANCE_SETUP when the options are not what they must be.
 */
export function conformanceCases(options: ConformanceOptions): readonly ConformanceCase[] {
  checkConformanceOptions(options);
  const unhandled = new UnhandledErrors(nameOf(options));
  const history: RehearsalHistory = { started: false, checksUnhandled: false, ran: new Set(), unhandled };
  return Object.keys(bodies).map((name) => ({
    name: name as ConformanceCaseName,
    timeout: 120_000,
    run: () => runCase(name as ConformanceCaseName, options, history),
  }));
}

async function runCase(name: ConformanceCaseName, options: ConformanceOptions, history: RehearsalHistory) {
  const { setupError } = history;
  if (setupError !== undefined) {
    throw new ConformanceError("TENURE_CONFORMANCE_SETUP", nameOf(options), "could not be set up", {
      remedy: "See the first case that failed.",
      cause: setupError,
    });
  }
  const rehearsal = new Rehearsal(options, history);
  let whyNot: string | undefined;
  try {
    await rehearsal.stage.compose();
    whyNot = await bodies[name](rehearsal);
  } catch (error) {
    const isSetup = error instanceof ConformanceError && error.code === "TENURE_CONFORMANCE_SETUP";
    if (isSetup && !history.started) history.setupError = error;
    throw error;
  } finally {
    if (name === "leaves no error unhandled") history.checksUnhandled = true;
    history.ran.add(name);
    history.unhandled.complete = history.ran.size === Object.keys(bodies).length;
    await rehearsal.stage.close();
  }
  if (history.checksUnhandled) rehearsal.checkUnhandled();
  return whyNot;
}

/**
 * Registers every case with a test runner, as `componentConformance({ test, component })`: what any component must do, whatever it
 * is for. A case that does not apply is skipped with its reason where the runner allows that.
 *
 * Everything is real: the controller, time, sockets. Run it in a file of its own, or at least not concurrently with other tests: the
 * garbage collector and the unhandled errors of a process are everybody's.
 */
export function componentConformance(options: ConformanceOptions & { readonly test: TestFunction }): void {
  registerCases(conformanceCases(options), options.test);
}

/**
 * Runs every case, one after the other, and tells how the component did. Never rejects because of the component.
 *
 * @throws ConformanceError TENURE_CONFORMANCE_SETUP when the options are not what they must be.
 */
export async function runComponentConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const results = await runCases(conformanceCases(options), ConformanceError);
  return { component: nameOf(options), passed: noneFailed(results), results };
}

function nameOf({ component }: ConformanceOptions): string {
  return typeof component === "string" ? component : component.name;
}
