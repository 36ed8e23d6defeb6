import { LeaseConformanceError } from "./lease-conformance-error.ts";
import type { LeaseConformanceOptions } from "./lease-conformance-options.ts";

type Key = keyof LeaseConformanceOptions;

const functions: readonly Key[] = ["takeAway", "cut", "heal", "ignore"];
const numbers: readonly Key[] = [
  "acquireWithin",
  "takeOverWithin",
  "noticeWithin",
  "leaveWithin",
  "pause",
  "drainFor",
  "slack",
  "terms",
  "heapPerTerm",
  "grace",
];

/** @throws LeaseConformanceError TENURE_LEASE_CONFORMANCE_SETUP */
export function checkLeaseConformanceOptions(options: LeaseConformanceOptions): void {
  const given = (options ?? {}) as Partial<Record<Key, unknown>>;
  if (typeof given.create !== "function") throw wrong("create", "a function that makes an elector");
  const check = (keys: readonly Key[], isRight: (value: unknown) => boolean, what: string) => {
    for (const key of keys) if (given[key] !== undefined && !isRight(given[key])) throw wrong(key, what);
  };
  check(["exclusive"], (value) => typeof value === "boolean", "true or false");
  check(functions, (value) => typeof value === "function", "a function");
  check(numbers, (value) => typeof value === "number" && value >= 0, "a number of at least 0");
  if (given.terms === 0) throw wrong("terms", "at least 1");
  if ((given.cut === undefined) !== (given.heal === undefined)) {
    throw wrong(given.cut === undefined ? "cut" : "heal", "given too: what is cut off is connected again");
  }
}

function wrong(option: Key, what: string): LeaseConformanceError {
  return new LeaseConformanceError(
    "TENURE_LEASE_CONFORMANCE_SETUP",
    undefined,
    `cannot begin: \`${option}\` must be ${what}`,
    { remedy: `Correct \`${option}\`.` },
  );
}
