import { TenureError } from "../errors/tenure-error.ts";

/** One mistake in a composition. */
export interface CompositionProblem {
  readonly code: CompositionProblemCode;
  /** What is wrong, and where: names the plugin, component, lease, or key with file and line. */
  readonly message: string;
  readonly remedy: string;
}

export type CompositionProblemCode =
  | "TENURE_DUPLICATE_NAME"
  | "TENURE_BAD_NAME"
  | "TENURE_UNKNOWN_SCOPE"
  | "TENURE_MISSING_PROVIDER"
  | "TENURE_AMBIGUOUS_PROVIDER"
  | "TENURE_SCOPE_CROSSED"
  | "TENURE_CYCLE"
  | "TENURE_STOP_CHAIN_TOO_LONG"
  | "TENURE_CONFIG_INVALID"
  | "TENURE_CONFIG_UNKNOWN_KEY"
  | "TENURE_PLUGIN_FAILED"
  | "TENURE_SPAWN_REFUSED";

/** Everything that is wrong with a composition, at once. Nothing was constructed. */
export class CompositionError extends TenureError {
  readonly problems: readonly CompositionProblem[];

  constructor(problems: readonly CompositionProblem[]) {
    const first = problems[0];
    const lines = problems.map((problem) => `${problem.code}: ${problem.message}\n    → ${problem.remedy}`);
    super(
      problems.length === 1 && first !== undefined
        ? first.message
        : `${problems.length} mistakes in the composition:\n  ${lines.join("\n  ")}`,
      {
        code: problems.length === 1 && first !== undefined ? first.code : "TENURE_COMPOSITION",
        remedy:
          problems.length === 1 && first !== undefined ? first.remedy : "Correct each of them; nothing was started.",
      },
    );
    this.problems = problems;
  }
}
