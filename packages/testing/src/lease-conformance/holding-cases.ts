import { setTimeout as sleep } from "node:timers/promises";
import type { Candidate } from "./candidate.ts";
import type { Election } from "./election.ts";

/** Of components that take a moment to stop, in ms. */
const stopTime = 20;

export async function acquiresAFreeLease(election: Election): Promise<undefined> {
  const { candidate, term } = await election.holder();
  const { identity, timing } = candidate.elector;
  if (typeof identity !== "string" || identity === "" || !(timing.leaseDuration > 0)) {
    throw election.error("TENURE_LEASE_CONFORMANCE_ACQUIRE", candidate, "has no identity or no timing", {
      remedy: "Give it an identity of its own and the timing by which it works.",
    });
  }
  if (!term.term.held) {
    throw election.error(
      "TENURE_LEASE_CONFORMANCE_VALIDITY",
      candidate,
      `has granted term ${term.number}, whose validity says that it is over`,
      {
        remedy:
          "Set number and deadline of the validity before `granted` is called; the deadline is on the clock of this process.",
      },
    );
  }
  return undefined;
}

export async function tellsFromTurnsOfItsOwn(election: Election): Promise<undefined> {
  const { candidate } = await election.holder();
  candidate.yield(0);
  await election.acquired(candidate, 2, election.acquireWithin, " after a yield without a pause");
  await election.withdrawn(candidate);
  const [first] = candidate.nested;
  if (first === undefined) return undefined;
  throw election.error("TENURE_LEASE_CONFORMANCE_TURN", candidate, `has told ${first}`, {
    remedy: "Call the listener from a turn of your own: queueMicrotask(() => listener.granted(grant)).",
  });
}

export const isHeldByOneOfTwo = (election: Election) => isHeldByOneOf(election, 2);
export const isHeldByOneOfFive = (election: Election) => isHeldByOneOf(election, 5);

/** Everybody holds it, gives it up and leaves; the holders take turns in yielding and in withdrawing. */
async function isHeldByOneOf(election: Election, count: number): Promise<string | undefined> {
  if (!election.exclusive) return notExclusive;
  const candidates = await Promise.all(Array.from({ length: count }, () => election.join()));
  const limit = election.acquireWithin + election.takeOverWithin;
  let left: readonly Candidate[] = candidates;
  for (let round = 0; left.length > 0; round++) {
    const holder = await someHolder(election, left, limit);
    // The components of half of the terms take a moment, in which nobody else may begin.
    holder.stopping = round % 2 === 0 ? "by hand" : "at once";
    const term = holder.terms.at(-1);
    if (round % 3 === 0 && left.length > 1) holder.yield(election.pauseOf(holder.elector.timing));
    else {
      holder.withdraw();
      left = left.filter((other) => other !== holder);
    }
    await sleep(stopTime);
    if (term === undefined) continue;
    if (!term.drained) holder.drained(term.number);
    holder.stopping = "at once";
    await election.ended(holder, term, limit, "after it was drained");
  }
  const overlap = election.overlap();
  if (overlap === undefined) return undefined;
  throw election.error(
    "TENURE_LEASE_CONFORMANCE_OVERLAP",
    candidates[0]!,
    `and the others held it at once: ${overlap.join(" and ")}`,
    { remedy: "Let the right to act end before others may take the lease, and grant it only when it is yours." },
  );
}

async function someHolder(election: Election, candidates: readonly Candidate[], limit: number): Promise<Candidate> {
  const holder = () => candidates.find(({ current }) => current !== undefined);
  // Whoever is told something wakes its own waiter only.
  await Promise.race(candidates.map((candidate) => candidate.until(() => holder() !== undefined, limit)));
  const found = holder();
  if (found !== undefined) return found;
  const [first] = candidates;
  const others = candidates.length === 1 ? "" : `, and neither has any other of ${candidates.length} candidates`;
  throw election.error(
    "TENURE_LEASE_CONFORMANCE_ACQUIRE",
    first!,
    `has not acquired the free lease within ${limit} ms${others}: it is ${election.stateOf(first!)}`,
    { remedy: "Let one of them acquire what nobody holds; or allow more time by the options." },
  );
}

export async function isTakenOverAfterARelease(election: Election): Promise<string | undefined> {
  if (!election.exclusive) return notExclusive;
  const { candidate: first } = await election.holder();
  const second = await election.join();
  const third = await election.join();
  first.yield(60_000);
  // It leaves while the others compete for it.
  const holder = await someHolder(election, [second, third], election.takeOverWithin);
  await takenOver(election, first, holder, "yield");
  const other = holder === second ? third : second;
  await election.withdrawn(holder);
  await someHolder(election, [other], election.takeOverWithin);
  await takenOver(election, holder, other, "withdrawal");
  return undefined;
}

async function takenOver(election: Election, from: Candidate, to: Candidate, how: string): Promise<void> {
  const ended = from.terms[0]?.endedAt;
  const granted = to.terms[0]?.grantedAt;
  const limit = election.takeOverWithin;
  if (ended !== undefined && granted !== undefined && granted - ended <= limit) return;
  throw election.error(
    "TENURE_LEASE_CONFORMANCE_ACQUIRE",
    to,
    `took longer than ${limit} ms to take over after a ${how}`,
    {
      remedy: "Release explicitly, and let the others watch for it instead of waiting until the lease has expired.",
    },
  );
}

export const notExclusive = "it is not exclusive: there is never a second candidate";
