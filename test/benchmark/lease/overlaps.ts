import { setTimeout as sleep } from "node:timers/promises";
import type { Contestant } from "../../peers/elector-process.ts";
import { Contest, toldAt } from "./contest.ts";
import type { LeaseLab } from "./lease-lab.ts";
import { partition } from "./partition.ts";

/** For each run, how long the work of two ran at once, in ms; 0 or less: not at once. */
export interface OverlapFigures {
  readonly overlaps: readonly number[];
  /** From the end of the work to the commit of the release, in ms; empty where nothing is released. */
  readonly stoppedToReleased: readonly number[];
}

const runs = 20;
/** In ms: a little less than what client-go gives a call of a lease of 15 s. */
const lateness = 4_900;

/**
 * E1: a renewal commits, its reply arrives late, and from then on nothing passes. Without a release by client-go: it would try to before its
 * work is asked to stop, and hang for 5 s more.
 */
export async function measureLateReply(lab: LeaseLab, contestant: Contestant, name: string): Promise<OverlapFigures> {
  await using contest = await Contest.start(lab, { contestant, name, leases: runs, releaseOnCancel: false });
  const { leader } = contest.ways;
  const heals = await Promise.all(
    contest.leases.map(async (lease) => {
      const late = leader.delayReply({ verb: "update", name: lease }, { times: 1, delay: lateness });
      await late.hit();
      await sleep(lateness);
      return partition(leader, lease);
    }),
  );
  const overlaps = await overlapsOf(contest);
  for (const heal of heals) heal();
  return { overlaps, stoppedToReleased: [] };
}

/** E6: the elector is stopped, and its work needs a while. */
export async function measureSlowStop(lab: LeaseLab, contestant: Contestant, name: string): Promise<OverlapFigures> {
  await using contest = await Contest.start(lab, { contestant, name, leases: runs, workStop: 6_000 });
  for (const lease of contest.leases) {
    contest.leader.stopElector(lease);
    await sleep(50);
  }
  const overlaps = await overlapsOf(contest);
  const stoppedToReleased = contest.leases.map(
    (lease) => lab.observer.releasedAt(lease)! - toldAt(contest.leader, lease, "stopped")!,
  );
  return { overlaps, stoppedToReleased };
}

async function overlapsOf({ leases, leader, standby }: Contest): Promise<readonly number[]> {
  return await Promise.all(
    leases.map(async (lease) => {
      const [stopped, started] = await Promise.all([
        leader.next("stopped", { lease }),
        standby.next("started", { lease }),
      ]);
      return stopped.at - started.at;
    }),
  );
}
