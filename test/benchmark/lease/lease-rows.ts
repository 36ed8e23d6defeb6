import type { Contestant } from "../../peers/elector-process.ts";
import { percentile, type Row, type RowOptions, rowOf } from "../measurement.ts";
import type { HandoverFigures } from "./handovers.ts";
import type { OutageFigures } from "./outages.ts";
import type { OverlapFigures } from "./overlaps.ts";
import type { SteadyCalls } from "./steady-calls.ts";

/** What was measured of one contestant. */
export interface LeaseFigures {
  /** One for each run. */
  readonly handovers: readonly HandoverFigures[];
  readonly calls: SteadyCalls;
  readonly outages: OutageFigures;
  /** E1. */
  readonly lateReply: OverlapFigures;
  /** E6. */
  readonly slowStop: OverlapFigures;
}

type Measured = (figures: LeaseFigures) => readonly number[];

/** @param peer client-go, with its version */
export function leaseRows(all: Readonly<Record<Contestant, LeaseFigures>>, peer: string): readonly Row[] {
  const row = (name: string, measured: Measured, options: RowOptions) =>
    rowOf(name, measured(all.tenure), { ...options, peer: { name: peer, runs: measured(all["client-go"]) } });
  const perRun = (of: (figures: HandoverFigures) => readonly number[], share: number): Measured => {
    return ({ handovers }) => handovers.map((run) => percentile(of(run), share));
  };
  const released = perRun(({ afterRelease }) => afterRelease, 0.5);
  const each = `each of ${all.tenure.handovers[0]?.afterRelease.length} Leases`;
  const milliseconds = { unit: "ms", note: each };
  return [
    row("clean release → takeover, p50", released, { ...milliseconds, target: 50 }),
    row(
      "clean release → takeover, p99",
      perRun(({ afterRelease }) => afterRelease, 0.99),
      {
        ...milliseconds,
        target: 200,
      },
    ),
    row(
      "kill -9 → takeover, p50",
      perRun(({ afterKill }) => afterKill, 0.5),
      milliseconds,
    ),
    row(
      "kill -9 → takeover, p99",
      perRun(({ afterKill }) => afterKill, 0.99),
      { ...milliseconds, target: 15_500 },
    ),
    row(
      "another holder written → work asked to stop, p99",
      perRun((run) => run.otherHolderToEnd, 0.99),
      {
        ...milliseconds,
        target: 100,
      },
    ),
    row("work stopped → release committed, p50", ({ slowStop }) => slowStop.stoppedToReleased, {
      unit: "ms",
      target: 50,
      note: "below 0: before the work had stopped",
    }),
    row("released before the work had stopped, of 20", ({ slowStop }) => [before(slowStop.stoppedToReleased)], {
      unit: "",
      target: 0,
    }),
    row("calls a minute, leader, without watches", ({ calls }) => [calls.leader], { unit: "", target: 20 }),
    row("calls a minute, standby, without watches", ({ calls }) => [calls.standby], { unit: "", target: 0.5 }),
    ...(["silent", "refused"] as const).map((kind) =>
      row(`outage survived wherever it falls, ${kind}`, ({ outages }) => [Math.min(...outages[kind])], {
        unit: "ms",
        target: 8_000,
        atLeast: true,
        note: `by where between two renewals it begins: ${all.tenure.outages[kind].join(", ")}; ${peer}: ${all["client-go"].outages[kind].join(", ")}; no longer one than 9,500 was tried`,
      }),
    ),
    row("E1, late reply, then a partition: overlaps of 20", ({ lateReply }) => [overlapping(lateReply)], {
      unit: "",
      target: 0,
      note: longest(all, ({ lateReply }) => lateReply, peer),
    }),
    row("E6, work needs 6 s to stop: overlaps of 20", ({ slowStop }) => [overlapping(slowStop)], {
      unit: "",
      target: 0,
      note: longest(all, ({ slowStop }) => slowStop, peer),
    }),
  ];
}

function before(values: readonly number[]): number {
  return values.filter((value) => value < 0).length;
}

function overlapping({ overlaps }: OverlapFigures): number {
  return overlaps.filter((overlap) => overlap > 0).length;
}

function longest(
  all: Readonly<Record<Contestant, LeaseFigures>>,
  of: (figures: LeaseFigures) => OverlapFigures,
  peer: string,
): string {
  const of20 = (contestant: Contestant) => Math.round(Math.max(...of(all[contestant]).overlaps));
  return `the longest overlap: ${of20("tenure")} ms; ${peer}: ${of20("client-go")} ms; below 0: the time between them`;
}
