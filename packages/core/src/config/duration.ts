import { z } from "zod";

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const form = /^(\d+(\.\d+)?(ms|s|m|h))+$/;
const message = "not a duration: write milliseconds as a number, or a number with a unit as in 500ms, 15s, 1m30s";

/** A duration in a configuration: milliseconds as a number, or as text with a unit, `500ms`, `15s`, `1m30s`, `2h`. Gives milliseconds. */
export const duration = z
  .union([z.number(message).nonnegative(message), z.string(message).regex(form, message)], message)
  // The pattern has been matched.
  .transform((value) => (typeof value === "number" ? value : (parseDuration(value) ?? Number.NaN)));

/** @returns milliseconds, or undefined when the text is no duration. The form is that of Go's time.ParseDuration, without sign and sub-millisecond units. */
export function parseDuration(text: string): number | undefined {
  if (!form.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (units[unit ?? ""] ?? Number.NaN);
  }
  return total;
}
