import { setTimeout as sleep } from "node:timers/promises";
import { describeResources } from "../conformance/resource-tracker.ts";
import type { Candidate } from "./candidate.ts";
import type { Election } from "./election.ts";

export async function leavesWhenWithdrawn(election: Election): Promise<undefined> {
  const { candidate } = await election.holder({ stopping: "by hand" });
  const wrong = (who: Candidate, message: string) =>
    election.error("TENURE_LEASE_CONFORMANCE_WITHDRAW", who, message, {
      remedy:
        "Drain if the lease is held, release when drained, then call `withdrawn` once; after it nothing more is told.",
    });
  const standby = election.exclusive ? await election.join() : undefined;
  // Not held: there is nothing to wait for.
  if (standby !== undefined) await election.withdrawn(standby);
  candidate.withdraw();
  candidate.withdraw();
  if (!(await candidate.until(() => candidate.told.length > 1, election.leaveWithin))) {
    throw wrong(candidate, `tells nothing within ${election.leaveWithin} ms`);
  }
  if (candidate.hasWithdrawn) throw wrong(candidate, "has withdrawn while its components were stopping");
  candidate.drained(1);
  await election.withdrawn(candidate);
  // A renewal or a try that was forgotten would show.
  await sleep(Math.min(candidate.elector.timing.retryPeriod, 1_000));
  const told = candidate.told.join(", ");
  if (told !== "granted 1, draining 1, ended 1, withdrawn") throw wrong(candidate, `told: ${told}`);
  if (standby !== undefined && standby.told.join() !== "withdrawn") {
    throw wrong(standby, `did not hold the lease, and told: ${standby.told.join(", ")}`);
  }
  return undefined;
}

export async function leavesNoResources(election: Election): Promise<undefined> {
  const { tracker, options } = election;
  tracker.begin();
  try {
    // One leaves while it holds the lease, one in a pause, and one, where there can be another, while it waits.
    const { candidate } = await election.holder();
    if (election.exclusive) await election.withdrawn(await election.join());
    candidate.yield(60_000);
    const [term] = candidate.terms;
    if (term !== undefined) await election.ended(candidate, term, election.leaveWithin, "after it was drained");
    await election.withdrawn(candidate);
    const { candidate: last } = await election.holder();
    await election.withdrawn(last);
    await tracker.settle(options.grace ?? 250);
    const left = tracker.alive.filter((resource) => !options.ignore?.(resource));
    if (left.length === 0) return undefined;
    throw election.error(
      "TENURE_LEASE_CONFORMANCE_RESOURCE",
      candidate,
      `and others have left behind, when they had withdrawn: ${describeResources(left)}`,
      { remedy: "Cancel timers, end watches and close connections before `withdrawn` is called." },
    );
  } finally {
    tracker.end();
  }
}
