import { percentile } from "../benchmark/measurement.ts";
import type { CycleFigures } from "./lease-cycle.ts";
import { lossKinds } from "./loss.ts";

/** A line for each kind of loss, and one for all: how many, and the percentiles of what they took. */
export function summarize(figures: readonly CycleFigures[]): readonly string[] {
  const rows = [...lossKinds, "all"].map((kind) => {
    const of = figures.filter((figure) => kind === "all" || figure.kind === kind);
    const clean = of.filter(({ overtaken }) => !overtaken);
    const stopped = clean.map(({ toStopped }) => toStopped).filter((value) => value !== undefined);
    return [
      kind.padEnd(12),
      String(of.length).padStart(6),
      String(of.length - clean.length).padStart(10),
      percentiles(stopped).padStart(20),
      percentiles(clean.map(({ toWorksAgain }) => toWorksAgain)).padStart(24),
    ].join("  ");
  });
  const head = `${"loss".padEnd(12)}  cycles   overtaken     work stopped, ms      works again, ms`;
  return [`${head} (p50 / p99 / max)`, ...rows];
}

function percentiles(values: readonly number[]): string {
  if (values.length === 0) return "–";
  return [0.5, 0.99, 1].map((share) => percentile(values, share).toFixed(0)).join(" / ");
}
