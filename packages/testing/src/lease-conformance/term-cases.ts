import { setTimeout as sleep } from "node:timers/promises";
import type { Candidate, ObservedTerm } from "./candidate.ts";
import type { Election } from "./election.ts";

/** The next term of a candidate that is alone: given up without a pause, and held again. */
async function nextTerm(election: Election, candidate: Candidate): Promise<ObservedTerm> {
  candidate.yield(0);
  return election.acquired(
    candidate,
    candidate.terms.length + 1,
    election.acquireWithin,
    " after a yield without a pause",
  );
}

export async function numbersItsTerms(election: Election): Promise<undefined> {
  const { candidate } = await election.holder();
  await nextTerm(election, candidate);
  await nextTerm(election, candidate);
  const numbers = candidate.terms.map(({ number }) => number).join(", ");
  if (numbers === "1, 2, 3") return undefined;
  throw election.error("TENURE_LEASE_CONFORMANCE_NUMBER", candidate, `numbers its first three terms ${numbers}`, {
    remedy: "Count the terms of one elector from 1, one by one.",
  });
}

export async function raisesTheToken(election: Election): Promise<undefined> {
  const { candidate: first } = await election.holder();
  await nextTerm(election, first);
  await election.withdrawn(first);
  const { candidate: second } = await election.holder();
  await nextTerm(election, second);
  const tokens = [...first.terms, ...second.terms].map(({ token }) => token);
  if (tokens.every((token, index) => Number.isSafeInteger(token) && token > (tokens[index - 1] ?? 0))) return undefined;
  const [a, b] = [first, second].map(({ terms }) => terms.map(({ token }) => token).join(" and "));
  throw election.error(
    "TENURE_LEASE_CONFORMANCE_TOKEN",
    second,
    `has terms with the tokens ${b}, after another candidate's with ${a}`,
    { remedy: "Let the token rise with every term of the lease, whoever holds it, from 1 or more." },
  );
}

export async function leavesATermEnded(election: Election): Promise<undefined> {
  const { candidate, term } = await election.holder();
  const wrong = (when: string) =>
    election.error(
      "TENURE_LEASE_CONFORMANCE_VALIDITY",
      candidate,
      `says of term ${term.number} that it is held ${when}`,
      {
        remedy:
          "End the validity before `ended` is called, and let a new term have an object, or a number, of its own.",
      },
    );
  candidate.yield(0);
  await election.ended(candidate, term, election.leaveWithin, "after it was drained");
  if (term.overWhenEnded !== true) throw wrong("when its end is told");
  const next = await election.acquired(candidate, 2, election.acquireWithin, " after a yield without a pause");
  if (term.term.held) throw wrong("in the next term");
  // Long enough for a renewal of the next one, as far as it renews within seconds.
  const { renewDeadline } = candidate.elector.timing;
  await sleep(Math.min(renewDeadline / 2, 1_000));
  if (term.term.held) throw wrong("when the next term has been renewed");
  if (next.endedAt === undefined && next.term.held) return undefined;
  throw election.error("TENURE_LEASE_CONFORMANCE_VALIDITY", candidate, `does not keep term ${next.number} valid`, {
    remedy: "Renew it, and advance the deadline of its validity, as long as nobody takes it.",
  });
}

export async function releasesOnlyWhenDrained(election: Election): Promise<undefined> {
  const { candidate, term } = await election.holder({ stopping: "by hand" });
  const standby = election.exclusive ? await election.join() : undefined;
  const { leaseDuration, retryPeriod } = candidate.elector.timing;
  const drainFor = election.options.drainFor ?? Math.min(leaseDuration + retryPeriod, 5_000);
  const wrong = (message: string) =>
    election.error("TENURE_LEASE_CONFORMANCE_RELEASE", candidate, message, {
      remedy: "Release when `drained` is called with the number of the term that drains, and renew until then.",
    });
  candidate.yield(60_000);
  if (!(await candidate.until(() => term.drainingAt !== undefined, election.leaveWithin))) {
    throw wrong("was asked to give the lease up, and has not told `draining`");
  }
  // Of terms that are not this one: ignored.
  candidate.drained(term.number + 1);
  candidate.drained(term.number - 1);
  const ended = await candidate.until(() => term.endedAt !== undefined, drainFor);
  if (ended || !term.term.held) throw wrong(`has ended term ${term.number} while its components were stopping`);
  if (standby?.current !== undefined)
    throw wrong(`was followed by "${standby.identity}" while its components were stopping`);
  candidate.drained(term.number);
  await election.ended(candidate, term, election.leaveWithin, "after it was drained");
  if (candidate.told.filter((told) => told.startsWith("draining")).length > 1) throw wrong("has told `draining` twice");
  return undefined;
}

export async function pausesAfterAYield(election: Election): Promise<undefined> {
  const { candidate, term } = await election.holder();
  const pause = election.pauseOf(candidate.elector.timing);
  const wrong = (message: string) =>
    election.error("TENURE_LEASE_CONFORMANCE_PAUSE", candidate, message, {
      remedy: "Do not campaign until the latest of all pauses asked for is over, counted from the call.",
    });
  const begun = performance.now();
  const kept = candidate.yield(pause);
  if (kept !== undefined) throw wrong(`refuses to be given up although it is asked to: ${kept}`);
  await election.ended(candidate, term, election.leaveWithin, "after it was drained");
  const limit = pause + election.acquireWithin;
  const second = await election.acquired(candidate, 2, limit, " after a pause");
  const rested = performance.now() - begun;
  if (rested < pause - 1)
    throw wrong(`was given up for ${pause} ms, and holds it again after ${Math.round(rested)} ms`);
  const again = performance.now();
  candidate.yield(pause);
  await election.ended(candidate, second, election.leaveWithin, "after it was drained");
  candidate.yield(2 * pause);
  // Does not shorten it.
  candidate.yield(0);
  await election.acquired(candidate, 3, 2 * pause + election.acquireWithin, " after a pause");
  const longer = performance.now() - again;
  if (longer >= 2 * pause - 1) return undefined;
  throw wrong(`was given up for ${2 * pause} ms by a second call, and holds it again after ${Math.round(longer)} ms`);
}

/** Components that cannot run are the one reason for which a yield may be refused; refused or not, what follows is what the answer says. */
export async function keepsWhatItRefuses(election: Election): Promise<undefined> {
  const { candidate, term } = await election.holder();
  const kept = candidate.yield(0, "incapable");
  if (kept === undefined) {
    await election.ended(candidate, term, election.leaveWithin, "although it says that it is given up");
    return undefined;
  }
  await candidate.until(() => term.drainingAt !== undefined, election.slack);
  if (term.drainingAt === undefined && term.term.held) return undefined;
  throw election.error(
    "TENURE_LEASE_CONFORMANCE_RELEASE",
    candidate,
    `refuses to be given up (${kept}), and gives it up`,
    { remedy: "Answer undefined when the lease is given up, and why it is kept when it is kept." },
  );
}
