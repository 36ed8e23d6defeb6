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
  | "TENURE_BAD_SHAPE"
  | "TENURE_BAD_OPTION"
  | "TENURE_UNKNOWN_SCOPE"
  | "TENURE_MISSING_PROVIDER"
  | "TENURE_AMBIGUOUS_PROVIDER"
  | "TENURE_SCOPE_CROSSED"
  | "TENURE_CYCLE"
  | "TENURE_PLUGIN_CYCLE"
  | "TENURE_STOP_CHAIN_TOO_LONG"
  | "TENURE_NO_METADATA"
  | "TENURE_CONFIG_INVALID"
  | "TENURE_CONFIG_UNKNOWN_KEY"
  | "TENURE_PLUGIN_FAILED"
  | "TENURE_SPAWN_REFUSED";

/** Everything that is wrong with a composition, at once: one paragraph each, with code and remedy; one that is alone is a line. Nothing was constructed. */
export class CompositionError extends TenureError {
  readonly problems: readonly CompositionProblem[];

  constructor(problems: readonly CompositionProblem[]) {
    const [only] = problems;
    if (problems.length === 1 && only !== undefined) super(`${only.code}: ${only.message} → ${only.remedy}`, only);
    else {
      const paragraphs = problems.map(
        ({ code, message, remedy }, index) => `\n\n  ${index + 1}. ${code}: ${message}\n     → ${remedy}`,
      );
      super(`${problems.length} mistakes in the composition${paragraphs.join("")}\n`, {
        code: "TENURE_COMPOSITION",
        remedy: "Correct each of them.",
      });
    }
    this.problems = problems;
  }

  /** The message of one that is alone says code and remedy, for those who print nothing else. */
  override get told() {
    return this.problems.length === 1 ? { text: this.message, remedy: "" } : super.told;
  }
}
