import { ConformanceError } from "./conformance-error.ts";
import type { ConformanceOptions } from "./conformance-options.ts";

type Key = keyof ConformanceOptions;

const lists: readonly Key[] = ["plugins", "provide", "leases"];
const functions: readonly Key[] = ["work", "writes", "failStart", "ignore"];
const numbers: readonly Key[] = ["terms", "heapPerTerm", "grace", "watch"];

/**
 * What can be told without a life.
 *
 * @throws ConformanceError TENURE_CONFORMANCE_SETUP
 */
export function checkConformanceOptions(options: ConformanceOptions): void {
  const given = (options ?? {}) as Partial<Record<Key, unknown>>;
  const { component } = given;
  if (!isDefinition(component) && (typeof component !== "string" || component === "")) {
    throw wrong("component", "a definition, or the name of a component of `plugins`");
  }
  const check = (keys: readonly Key[], isRight: (value: unknown) => boolean, what: string) => {
    for (const key of keys) if (given[key] !== undefined && !isRight(given[key])) throw wrong(key, what);
  };
  check(lists, Array.isArray, "an array");
  check(functions, (value) => typeof value === "function", "a function");
  check(numbers, (value) => typeof value === "number" && value >= 0, "a number of at least 0");
  if (given.terms === 0) throw wrong("terms", "at least 1");
}

function isDefinition(component: unknown): boolean {
  if (typeof component !== "object" || component === null) return false;
  const { name, create } = component as { readonly name?: unknown; readonly create?: unknown };
  return typeof name === "string" && typeof create === "function";
}

function wrong(option: Key, what: string): ConformanceError {
  return new ConformanceError("TENURE_CONFORMANCE_SETUP", undefined, `cannot begin: \`${option}\` must be ${what}`, {
    remedy: `Correct \`${option}\`; a component is made by defineComponent, of a decorated class by definitionOf(TheClass).`,
  });
}
