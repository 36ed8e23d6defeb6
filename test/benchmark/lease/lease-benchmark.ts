import { readFile } from "node:fs/promises";
import { buildClientGoElector, type Contestant } from "../../peers/elector-process.ts";
import type { Row } from "../measurement.ts";
import { type HandoverFigures, measureHandovers } from "./handovers.ts";
import { contestants, LeaseLab, leaseDuration } from "./lease-lab.ts";
import { type LeaseFigures, leaseRows } from "./lease-rows.ts";
import { measureOutages } from "./outages.ts";
import { measureLateReply, measureSlowStop } from "./overlaps.ts";
import { measureSteadyCalls } from "./steady-calls.ts";

/** Our lease and client-go's elector, in turn, each through proxies of its own to the same API server. */
export async function leaseBenchmark(options: {
  readonly runs: number;
  readonly say: (line: string) => void;
}): Promise<readonly Row[]> {
  const { runs, say } = options;
  await using lab = await LeaseLab.start(say);
  await buildClientGoElector(say);

  const calls = Promise.all(contestants.map((contestant) => measureSteadyCalls(lab, contestant, "steady")));
  // Awaited at the end, since it takes as long as the rest.
  calls.catch(() => {});
  say("outages of different lengths, from different moments on");
  const outages = await inTurn((contestant) => {
    // Two ninths of the lease for ours, and client-go's default.
    const interval = contestant === "tenure" ? (leaseDuration * 2) / 9 : 2_000;
    return measureOutages(lab, contestant, { name: "outage", interval });
  });
  say("late replies, and work that is slow to stop");
  const lateReply = await inTurn((contestant) => measureLateReply(lab, contestant, "late"));
  const slowStop = await inTurn((contestant) => measureSlowStop(lab, contestant, "slow"));
  const handovers: Record<Contestant, HandoverFigures>[] = [];
  for (let run = 0; run < runs; run++) {
    say(`takeovers, run ${run + 1} of ${runs}`);
    handovers.push(await inTurn((contestant) => measureHandovers(lab, contestant, `handover-${run}`)));
  }
  say("calls of an election that nothing happens to");
  const [ours, theirs] = await calls;
  const steady = { tenure: ours!, "client-go": theirs! };
  const figuresOf = (contestant: Contestant): LeaseFigures => ({
    handovers: handovers.map((run) => run[contestant]),
    calls: steady[contestant],
    outages: outages[contestant],
    lateReply: lateReply[contestant],
    slowStop: slowStop[contestant],
  });
  const figures = { tenure: figuresOf("tenure"), "client-go": figuresOf("client-go") };
  return leaseRows(figures, await clientGoVersion());
}

/** One after the other: both at once would be more than two cores do in time. */
async function inTurn<T>(measure: (contestant: Contestant) => Promise<T>): Promise<Record<Contestant, T>> {
  return { tenure: await measure("tenure"), "client-go": await measure("client-go") };
}

async function clientGoVersion(): Promise<string> {
  const goMod = await readFile(new URL("../../peers/client-go-elector/go.mod", import.meta.url), "utf8");
  return `client-go ${/k8s\.io\/client-go v(\S+)/.exec(goMod)?.[1]}`;
}
