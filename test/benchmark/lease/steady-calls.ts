import { setTimeout as sleep } from "node:timers/promises";
import type { Contestant } from "../../peers/elector-process.ts";
import { Contest } from "./contest.ts";
import type { LeaseLab } from "./lease-lab.ts";

/** Calls a minute of one elector, watches not counted. */
export interface SteadyCalls {
  readonly leader: number;
  readonly standby: number;
}

const leases = 10;
/** In ms. Ours look for other candidates after 15, 30 and 60 s, and every four minutes from then on. */
const settling = 120_000;
/** In ms: a little more than the longest time between two of those looks. */
const counting = 270_000;

/** What an election costs that nothing happens to. */
export async function measureSteadyCalls(lab: LeaseLab, contestant: Contestant, name: string): Promise<SteadyCalls> {
  await using contest = await Contest.start(lab, { contestant, name, leases });
  const noWatch = ({ verb }: { readonly verb: string }) => verb !== "watch";
  const count = () => [contest.ways.leader.count(noWatch), contest.ways.standby.count(noWatch)] as const;
  await sleep(settling);
  const [leaderBefore, standbyBefore] = count();
  await sleep(counting);
  const [leader, standby] = count();
  const perMinute = (calls: number) => (calls / leases) * (60_000 / counting);
  return { leader: perMinute(leader - leaderBefore), standby: perMinute(standby - standbyBefore) };
}
