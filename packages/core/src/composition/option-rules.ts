import { didYouMean } from "./near-names.ts";

/** Tells what is wrong with a value: the path of the option, and what it must be. */
export type Report = (path: string, message: string, remedy?: string) => void;
/** Checks a value that was given; what was left out is never wrong. */
export type Rule = (value: unknown, path: string, report: Report) => void;

/** Node's timers fire at once for a delay beyond a signed 32-bit integer. */
const longestDelay = 2 ** 31 - 1;

/** @param least 0, or 1 where doing it all the time is of no use. */
export function milliseconds(least: 0 | 1): Rule {
  return (value, path, report) => {
    if (typeof value === "number" && value >= least && value <= longestDelay) return;
    report(path, `must be a number of milliseconds, from ${least} to ${longestDelay} (24 days)${but(value)}`);
  };
}

export function number(least: number, most = Number.POSITIVE_INFINITY): Rule {
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  return (value, path, report) => {
    if (typeof value === "number" && Number.isFinite(value) && value >= least && value <= most) return;
    report(path, `must be a number ${range}${but(value)}`);
  };
}

export function wholeNumber(least: number): Rule {
  return (value, path, report) => {
    if (Number.isSafeInteger(value) && (value as number) >= least) return;
    report(path, `must be a whole number of at least ${least}${but(value)}`);
  };
}

export function oneOf(...values: readonly string[]): Rule {
  return (value, path, report) => {
    if (typeof value === "string" && values.includes(value)) return;
    const meant = typeof value === "string" ? didYouMean(value, values) : "";
    report(path, `must be ${values.map((one) => `"${one}"`).join(" or ")}${but(value)}${meant}`);
  };
}

/** `true`, `false`, or a mapping. */
export function flagOr(mapping: Rule): Rule {
  return (value, path, report) => {
    if (typeof value !== "boolean") mapping(value, path, report);
  };
}

/**
 * @param fields by name; `undefined` for one that is checked elsewhere.
 * @param required of them, those that must be given.
 */
export function mapping(
  fields: Readonly<Record<string, Rule | undefined>>,
  required: readonly string[] = [],
  remedyForUnknown = "Remove it, or correct its name.",
): Rule {
  return (value, path, report) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      report(path, `must be an object${but(value)}`);
      return;
    }
    const below = (key: string) => (path === "" ? key : `${path}.${key}`);
    for (const [key, given] of Object.entries(value)) {
      if (!Object.hasOwn(fields, key)) {
        const meant = didYouMean(key, Object.keys(fields));
        report(below(key), `is no option that it has${meant}`, remedyForUnknown);
      } else if (given !== undefined) fields[key]?.(given, below(key), report);
    }
    for (const key of required) {
      if ((value as Record<string, unknown>)[key] === undefined) report(below(key), "is missing");
    }
  };
}

/** For the end of a message: what it is instead. */
export function but(value: unknown): string {
  return `; it is ${describeValue(value)}`;
}

export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (value instanceof Promise) return "a promise";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
