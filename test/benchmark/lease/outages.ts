import { setTimeout as sleep } from "node:timers/promises";
import type { HttpFaultProxy } from "@tenure/testing";
import type { Contestant } from "../../peers/elector-process.ts";
import { Contest, toldAt } from "./contest.ts";
import { type LeaseLab, leaseDuration } from "./lease-lab.ts";
import { partition } from "./partition.ts";

/** In ms. */
const durations = [7_500, 8_000, 8_500, 9_000, 9_500];
/** Of the time between two renewals: where in it the outage begins. */
export const phases = [0, 0.25, 0.5, 0.75, 0.97];

/** Each begins it, and returns what ends it. */
const outages = {
  silent: partition,
  refused: (way: HttpFaultProxy, lease: string) => {
    const refusal = way.answer(503, { name: lease });
    return () => refusal.remove();
  },
} as const;

export type OutageKind = keyof typeof outages;

/** For each kind and phase, the longest duration that ended no term (and no shorter one did), in ms; 0 when the shortest did. */
export type OutageFigures = Readonly<Record<OutageKind, readonly number[]>>;

/** @param options `interval`: between two renewals, in ms */
export async function measureOutages(
  lab: LeaseLab,
  contestant: Contestant,
  options: { readonly name: string; readonly interval: number },
): Promise<OutageFigures> {
  const silent = await measureKind(lab, contestant, { ...options, kind: "silent" });
  return { silent, refused: await measureKind(lab, contestant, { ...options, kind: "refused" }) };
}

async function measureKind(
  lab: LeaseLab,
  contestant: Contestant,
  options: { readonly name: string; readonly interval: number; readonly kind: OutageKind },
): Promise<readonly number[]> {
  const trials = phases.flatMap((phase) => durations.map((duration) => ({ phase, duration })));
  const name = `${options.name}-${options.kind}`;
  await using contest = await Contest.start(lab, { contestant, name, leases: trials.length });
  const survived = await Promise.all(
    trials.map(async ({ phase, duration }, index) => {
      const lease = contest.leases[index]!;
      const way = contest.ways.leader;
      await way.waitForCall({ verb: "update", name: lease });
      await sleep(phase * options.interval);
      const heal = outages[options.kind](way, lease);
      await sleep(duration);
      heal();
      // It either renews soon, or its term ends.
      await sleep(leaseDuration - duration + 1_000);
      return toldAt(contest.leader, lease, "stopping") === undefined;
    }),
  );
  return phases.map((phase) => {
    const of = trials.flatMap((trial, index) => (trial.phase === phase ? [survived[index]] : []));
    const firstLost = of.indexOf(false);
    return firstLost < 0 ? durations.at(-1)! : (durations[firstLost - 1] ?? 0);
  });
}
