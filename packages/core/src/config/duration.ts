import { z } from "zod";

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration in a configuration: milliseconds as a number, or as text with a unit, `500ms`, `15s`, `1m30s`, `2h`. Gives milliseconds. */
export const duration = z.union([z.number(), z.string()]).transform((value, context) => {
  const milliseconds = typeof value === "number" ? value : parseDuration(value);
  if (milliseconds !== undefined && Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  context.addIssue({
    code: "custom",
    message: `"${value}" is not a duration: write milliseconds as a number, or a number with a unit as in 500ms, 15s, 1m30s`,
  });
  return z.NEVER;
});

/** @returns milliseconds, or undefined when the text is no duration. The form is that of Go's time.ParseDuration, without sign and sub-millisecond units. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (units[unit ?? ""] ?? Number.NaN);
  }
  return total;
}
