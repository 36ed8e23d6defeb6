import type { ComponentDefinition } from "../component/define-component.ts";
import type { Needs } from "../component/token.ts";
import type { CompositionProblem } from "./composition-error.ts";
import {
  describeValue,
  flagOr,
  mapping,
  milliseconds,
  number,
  oneOf,
  type Report,
  wholeNumber,
} from "./option-rules.ts";

const options = mapping({
  // Checked with their meaning, below and by the composition.
  name: undefined,
  scope: undefined,
  provides: undefined,
  needs: undefined,
  wants: undefined,
  after: undefined,
  config: undefined,
  create: undefined,
  startTimeout: milliseconds(1),
  stopTimeout: milliseconds(0),
  health: mapping({ interval: milliseconds(1), timeout: milliseconds(1), threshold: wholeNumber(1) }),
  restart: mapping({
    mode: oneOf("never", "on-failure", "always"),
    backoff: mapping({ base: milliseconds(0), factor: number(1), cap: milliseconds(0), jitter: number(0, 1) }),
    resetAfter: milliseconds(0),
    intensity: mapping({ restarts: wholeNumber(1), within: milliseconds(1) }, ["restarts", "within"]),
  }),
  onFailure: oneOf("isolate", "yield", "exit"),
  critical: flagOr(mapping({ within: milliseconds(1) }, ["within"])),
  spawns: flagOr(mapping({ stopTimeout: milliseconds(0) }, ["stopTimeout"])),
});

/**
 * What is wrong with a definition by itself: its name, its options, the shape of what it names. Whether what it names exists is
 * for the composition.
 *
 * @param who for messages, as in `component "dns" of plugin "dns"`.
 */
export function definitionProblems(definition: ComponentDefinition, who: string): readonly CompositionProblem[] {
  const problems: CompositionProblem[] = [...nameProblems(definition.name, who, "component")];
  const report: Report = (
    path,
    message,
    remedy = "Correct the option; docs/reference/components.md has its default.",
  ) => {
    problems.push({ code: "TENURE_BAD_OPTION", message: `${who}: ${path} ${message}`, remedy });
  };
  options(definition.options, "", report);
  if (typeof definition.options.create !== "function") {
    report(
      "create",
      `must be a function; it is ${describeValue(definition.options.create)}`,
      "Give the function that makes an instance.",
    );
  }
  if (typeof definition.scope !== "string" || definition.scope === "") {
    report("scope", `must be "process" or the name of a lease; it is ${describeValue(definition.scope)}`);
  }
  if (definition.options.provides !== undefined) checkToken(definition.options.provides, "provides", report);
  checkTokens(definition.needs, "needs", report);
  checkTokens(definition.wants, "wants", report);
  if (Array.isArray(definition.after)) {
    for (const [index, token] of definition.after.entries()) checkToken(token, `after[${index}]`, report);
  } else report("after", `must be an array of tokens; it is ${describeValue(definition.after)}`);
  const { backoffBase, backoffCap } = definition.policy;
  if (problems.length === 0 && backoffBase > backoffCap) {
    report(
      "restart.backoff.base",
      `(${backoffBase} ms) is more than restart.backoff.cap (${backoffCap} ms)`,
      "Raise the cap as well.",
    );
  }
  return [...problems, ...definition.problems];
}

/** The same rule for components, leases and plugins. A `/` is left for children: `<parent>/<name>`. */
export function nameProblems(name: unknown, who: string, what: string): readonly CompositionProblem[] {
  if (typeof name === "string" && /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(name)) return [];
  const message =
    typeof name === "string" ? `a ${what} is called "${name}"` : `${who} has no name: it is ${describeValue(name)}`;
  return [
    {
      code: "TENURE_BAD_NAME",
      message,
      remedy: "Use letters, digits, `-`, `.` and `_`, beginning with a letter or digit.",
    },
  ];
}

/** Also of a lease's needs. */
export function checkTokens(tokens: Needs, path: string, report: Report): void {
  if (typeof tokens !== "object" || tokens === null || Array.isArray(tokens)) {
    report(path, `must be an object of tokens; it is ${describeValue(tokens)}`);
    return;
  }
  for (const [alias, token] of Object.entries(tokens)) checkToken(token, `${path}.${alias}`, report);
}

function checkToken(token: unknown, path: string, report: Report): void {
  if (
    typeof token === "object" &&
    token !== null &&
    "name" in token &&
    typeof token.name === "string" &&
    token.name !== ""
  ) {
    return;
  }
  if (token === undefined) {
    report(
      path,
      "is undefined, so it was not there yet when it was named",
      "Look for modules that import each other in a circle.",
    );
  } else if (typeof token === "function") {
    report(
      path,
      `must be a token; it is ${describeValue(token)}`,
      "Name a decorated class by definitionOf(TheClass); a function that makes a definition must be called.",
    );
  } else
    report(path, `must be a token or a definition; it is ${describeValue(token)}`, 'Make it by createToken("name").');
}
