import { writeFile } from "node:fs/promises";

/** One row of a benchmark: the same form in every benchmark of the project. */
export interface Row {
  readonly name: string;
  /** The median of the runs. */
  readonly value: number;
  readonly unit: string;
  /** From the smallest to the largest of the runs. */
  readonly spread: readonly [number, number];
  /** The best of the peers that can do it, with its version; undefined: none can, or there is nothing to compare. */
  readonly peer: string | undefined;
  /** The median of the peer's runs, in the same unit. */
  readonly peerValue: number | undefined;
  /** The peer's value divided by ours: above 1 ours is the smaller one. */
  readonly ratio: number | undefined;
  /** What was asked for; undefined: only reported. */
  readonly target: number | undefined;
  /** The target is the least that will do; else it is the most. */
  readonly atLeast: boolean;
  /** Whether the value is at most, or at least, the target. */
  readonly met: boolean | undefined;
  /** The other peers, what differs about them, and who cannot do it. */
  readonly note: string;
}

export interface RowOptions {
  readonly unit: string;
  readonly target?: number;
  /** Default false. */
  readonly atLeast?: boolean;
  readonly note?: string;
  readonly peer?: { readonly name: string; readonly runs: readonly number[] };
}

export function rowOf(name: string, runs: readonly number[], options: RowOptions): Row {
  const { unit, target, atLeast = false, peer } = options;
  const value = round(median(runs));
  const peerValue = peer === undefined ? undefined : round(median(peer.runs));
  return {
    name,
    value,
    unit,
    spread: [round(Math.min(...runs)), round(Math.max(...runs))],
    peer: peer?.name,
    peerValue,
    ratio: peerValue === undefined ? undefined : round(peerValue / value),
    target: target === undefined ? undefined : round(target),
    atLeast,
    met: target === undefined ? undefined : atLeast ? value >= target : value <= target,
    note: `${runs.length} runs${options.note === undefined ? "" : `; ${options.note}`}`,
  };
}

/** NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The smallest value that at least this share of them do not exceed. NaN when there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** Prints the rows as a table, and writes them as JSON where a file is named: every row with every key, `null` where it says nothing. */
export async function report(rows: readonly Row[], file: string | undefined): Promise<void> {
  for (const { name, value, unit, spread, peer, peerValue, ratio, target, atLeast, met, note } of rows) {
    const goal = target === undefined ? "" : `  ${atLeast ? "≥" : "≤"} ${target} ${unit}: ${met ? "met" : "NOT MET"}`;
    const best = peer === undefined ? "" : `  ${peer}: ${peerValue} ${unit} (${ratio} ×)`;
    console.log(
      `${name.padEnd(52)} ${String(value).padStart(9)} ${unit.padEnd(3)} [${spread.join(" … ")}]${goal}${best}  (${note})`,
    );
  }
  const complete = (_key: string, value: unknown) => (value === undefined ? null : value);
  if (file !== undefined) await writeFile(file, `${JSON.stringify(rows, complete, 2)}\n`);
}
