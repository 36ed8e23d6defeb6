import { systemClock } from "@tenure/core";
import type { Candidate, ObservedTerm } from "./candidate.ts";
import type { Election } from "./election.ts";

export async function endsInTimeWhenCutOff(election: Election): Promise<string | undefined> {
  const { cut, heal } = election.options;
  if (cut === undefined || heal === undefined) return "no `cut` and `heal` were given";
  const probe = await election.make();
  const { leaseDuration, renewDeadline, retryPeriod, safetyMargin } = probe.elector.timing;
  // So long that it has to drain earlier than it would, and still may renew.
  const stopBudget = Math.max(0, leaseDuration - safetyMargin - (renewDeadline + 2 * retryPeriod) / 2);
  probe.stopping = "by hand";
  probe.campaign(stopBudget);
  const term = await election.acquired(probe, 1);
  const standby = election.exclusive ? await election.join() : undefined;
  await cut(probe.elector, election.lease);
  try {
    await tellsInTime(election, probe, term, stopBudget);
    if (standby !== undefined) {
      const limit = leaseDuration + election.takeOverWithin;
      await election.acquired(standby, 1, limit, " after its holder was cut off");
    }
  } finally {
    await heal(probe.elector, election.lease);
  }
  probe.stopping = "at once";
  probe.drained(term.number);
  if (standby !== undefined) await election.withdrawn(standby);
  const limit = leaseDuration + election.acquireWithin;
  const next = await election.acquired(probe, 2, limit, " when it was connected again");
  const overlap = election.overlap();
  if (overlap !== undefined) {
    throw election.error(
      "TENURE_LEASE_CONFORMANCE_OVERLAP",
      probe,
      `and another held it at once: ${overlap.join(" and ")}`,
      {
        remedy: "End the right to act, by the own clock, before others may take the lease.",
      },
    );
  }
  if (next.number > term.number && !term.term.held) return undefined;
  throw election.error(
    "TENURE_LEASE_CONFORMANCE_NUMBER",
    probe,
    `was connected again and continues term ${term.number} instead of beginning a new one`,
    { remedy: "A term that has ended stays ended; begin the next one, with the next number." },
  );
}

/** It is told to stop as long before the end as that takes, and of the end when it comes. */
async function tellsInTime(election: Election, candidate: Candidate, term: ObservedTerm, stopBudget: number) {
  const { leaseDuration } = candidate.elector.timing;
  const wrong = (message: string) =>
    election.error("TENURE_LEASE_CONFORMANCE_END", candidate, message, {
      remedy:
        "Set timers for both by the sending of the last renewal that is known to be committed; the server is not needed for it.",
    });
  await candidate.until(() => term.drainingAt !== undefined, leaseDuration + election.slack);
  const { remainingAtDraining: rest } = term;
  if (rest === undefined || rest <= Math.max(0, stopBudget - election.slack)) {
    const when = rest === undefined ? "not at all" : `${Math.round(rest)} ms before its end`;
    throw wrong(
      `was cut off and has told \`draining\` ${when}: its components take ${Math.round(stopBudget)} ms to stop`,
    );
  }
  const left = Math.min(term.term.remaining(), leaseDuration);
  await candidate.until(() => term.endedAt !== undefined, left + election.slack);
  if (term.endedAt === undefined) throw wrong("was cut off and has not told `ended` when the right to act was over");
  if (term.term.held) throw wrong("has told `ended`, and its validity says that the term is held");
}

export async function endsAtOnceWhenAnotherHolds(election: Election): Promise<string | undefined> {
  const { takeAway, noticeWithin = 1_000 } = election.options;
  if (takeAway === undefined) return "no `takeAway` was given";
  const { candidate, term } = await election.holder({ stopping: "by hand" });
  await takeAway(candidate.elector, election.lease);
  const taken = systemClock.now();
  await candidate.until(() => term.endedAt !== undefined, noticeWithin + election.slack);
  const wrong = (message: string) =>
    election.error("TENURE_LEASE_CONFORMANCE_END", candidate, message, {
      remedy: "Watch the lease, and end the term as soon as another holder is seen.",
    });
  if (term.endedAt === undefined || term.endedAt - taken > noticeWithin + election.slack) {
    throw wrong(
      `has not told the end of term ${term.number} within ${noticeWithin} ms, although another holds the lease`,
    );
  }
  if (term.term.held) throw wrong(`has told the end of term ${term.number}, and its validity says that it is held`);
  candidate.drained(term.number);
  return undefined;
}
