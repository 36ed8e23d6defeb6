import type { Component, Health } from "../component/component.ts";
import { describeValue } from "../composition/option-rules.ts";
import { TenureError } from "../errors/tenure-error.ts";
import { isThenable } from "../promise/is-thenable.ts";

/**
 * What `create` gave, if it can be an instance. Anything else would be reported as running while nothing of it ever runs.
 *
 * @throws TenureError TENURE_BAD_INSTANCE
 */
export function checkInstance(made: Component): Component {
  const value: unknown = made;
  if (isThenable(value)) {
    // It is of no use any more: its failure is not to end the process.
    Promise.resolve(value).catch(() => {});
    throw bad("`create` gave a promise", "Make the instance at once, and do what takes time in its `start`.");
  }
  if (typeof value !== "object" || value === null) {
    throw bad(
      `\`create\` gave ${describeValue(value)}, not an instance`,
      "Return an object with `start` and `stop`, or with `run`.",
    );
  }
  for (const hook of ["start", "run", "stop", "healthy"] as const) {
    const given: unknown = made[hook];
    if (given !== undefined && typeof given !== "function") {
      throw bad(`its \`${hook}\` is ${describeValue(given)}, not a function`, "Make it a method, or leave it out.");
    }
  }
  if (made.start !== undefined && made.run !== undefined) {
    throw bad("it has both `start` and `run`", "Keep one: `run` is for a component whose life is one loop.");
  }
  return made;
}

function bad(message: string, remedy: string): TenureError {
  return new TenureError(message, { code: "TENURE_BAD_INSTANCE", remedy });
}

export function isHealth(value: unknown): value is Health {
  return typeof value === "object" && value !== null && "ok" in value && typeof value.ok === "boolean";
}
