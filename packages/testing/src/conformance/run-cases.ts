import { describeError } from "@tenure/core";
import { canSkip, type TestFunction } from "./test-function.ts";

/** A case of either suite, as far as running it goes. */
interface Case<Name extends string> {
  readonly name: Name;
  readonly timeout: number;
  run(): Promise<string | undefined>;
}

/** How what is tested did in one case. */
export interface CaseResult<Name extends string> {
  readonly name: Name;
  readonly outcome: "passed" | "failed" | "not-applicable";
  /** What is wrong, or why it does not apply. */
  readonly detail: string | undefined;
  /** An error of the suite's own class, when it has failed. */
  readonly error: unknown;
  /** In ms. */
  readonly duration: number;
}

export function registerCases(cases: readonly Case<string>[], test: TestFunction): void {
  for (const { name, timeout, run } of cases) {
    // The rest parameter keeps the function's length 0: jest takes a parameter for a callback that it waits for.
    const body = async (...[context]: unknown[]) => {
      const whyNot = await run();
      if (whyNot !== undefined && canSkip(context)) context.skip(whyNot);
    };
    test(name, body, timeout);
  }
}

/**
 * One after the other. Never rejects because of what is tested.
 *
 * @param ownError the suite's class of errors, whose message says all of it
 */
export async function runCases<Name extends string>(
  cases: readonly Case<Name>[],
  ownError: abstract new (...given: never[]) => Error,
): Promise<readonly CaseResult<Name>[]> {
  const results: CaseResult<Name>[] = [];
  for (const { name, run } of cases) {
    const begun = performance.now();
    const result = await run().then(
      (whyNot) =>
        ({ outcome: whyNot === undefined ? "passed" : "not-applicable", detail: whyNot, error: undefined }) as const,
      (error: unknown) =>
        ({
          outcome: "failed",
          detail: error instanceof ownError ? error.message : describeError(error),
          error,
        }) as const,
    );
    results.push({ name, ...result, duration: performance.now() - begun });
  }
  return results;
}

export function noneFailed(results: readonly CaseResult<string>[]): boolean {
  return results.every(({ outcome }) => outcome !== "failed");
}
