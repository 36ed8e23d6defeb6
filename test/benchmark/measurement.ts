import { writeFile } from "node:fs/promises";

/** One row of a benchmark: the same form in every benchmark of the project. */
export interface Row {
  readonly name: string;
  /** The median of the runs. */
  readonly value: number;
  readonly unit: string;
  /** From the smallest to the largest of the runs. */
  readonly spread: readonly [number, number];
  /** What was asked for; undefined: only reported. */
  readonly target: number | undefined;
  /** Whether the value is at most the target. */
  readonly met: boolean | undefined;
  readonly note: string;
}

export function rowOf(
  name: string,
  runs: readonly number[],
  options: { readonly unit: string; readonly target?: number; readonly note?: string },
): Row {
  const sorted = [...runs].sort((left, right) => left - right);
  const value = round(median(sorted));
  return {
    name,
    value,
    unit: options.unit,
    spread: [round(sorted[0] ?? Number.NaN), round(sorted.at(-1) ?? Number.NaN)],
    target: options.target,
    met: options.target === undefined ? undefined : value <= options.target,
    note: `${runs.length} runs${options.note === undefined ? "" : `; ${options.note}`}`,
  };
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** Prints the rows as a table, and writes them as JSON where a file is named. */
export async function report(rows: readonly Row[], file: string | undefined): Promise<void> {
  for (const { name, value, unit, spread, target, met, note } of rows) {
    const goal = target === undefined ? "" : `  ≤ ${target} ${unit}: ${met ? "met" : "NOT MET"}`;
    console.log(
      `${name.padEnd(44)} ${String(value).padStart(9)} ${unit.padEnd(3)} [${spread.join(" … ")}]${goal}  (${note})`,
    );
  }
  if (file !== undefined) await writeFile(file, `${JSON.stringify(rows, null, 2)}\n`);
}
