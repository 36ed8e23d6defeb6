import { setTimeout as sleep } from "node:timers/promises";
import { monotonic } from "@tenure/testing";
import type { Contestant } from "../../peers/elector-process.ts";
import { Contest, toldAt } from "./contest.ts";
import type { LeaseLab } from "./lease-lab.ts";

/** Times in ms, one for each Lease. */
export interface HandoverFigures {
  readonly afterRelease: readonly number[];
  readonly afterKill: readonly number[];
  readonly otherHolderToEnd: readonly number[];
}

const leases = 50;

/** The first process leads all, and releases one after the other; the second is killed; to the third another holder is shown. */
export async function measureHandovers(lab: LeaseLab, contestant: Contestant, name: string): Promise<HandoverFigures> {
  await using contest = await Contest.start(lab, { contestant, name, leases });
  const { leader, standby } = contest;
  for (const lease of contest.leases) {
    leader.stopElector(lease);
    // Over several of the periods in which a standby asks.
    await sleep(120);
  }
  await standby.until(() => contest.leases.every((lease) => standby.works(lease)));
  const afterRelease = contest.leases.map(
    (lease) => toldAt(standby, lease, "started")! - toldAt(leader, lease, "stopping")!,
  );

  await contest.turn("third");
  const third = contest.standby;
  // Whoever has just acquired has not renewed yet.
  await sleep(5_000);
  const killedAt = monotonic();
  await contest.leader.kill();
  await third.until(() => contest.leases.every((lease) => third.works(lease)));
  const afterKill = contest.leases.map((lease) => toldAt(third, lease, "started")! - killedAt);

  await sleep(5_000);
  const otherHolderToEnd = await Promise.all(
    contest.leases.map(async (lease, index) => {
      await sleep(index * 60);
      const written = monotonic();
      await lab.writeOtherHolder(lease);
      return (await third.next("stopping", { lease })).at - written;
    }),
  );
  return { afterRelease, afterKill, otherHolderToEnd };
}
