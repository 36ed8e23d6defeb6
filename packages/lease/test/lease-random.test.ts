import { defaultTiming } from "@tenure/lease";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Candidate, LeaseWorld, type Term } from "./lease-world.ts";

const timing = defaultTiming(15_000);
const stopBudget = 3_000;

type Happening =
  | { readonly type: "partition"; readonly who: number; readonly duration: number }
  | { readonly type: "stall"; readonly who: number; readonly duration: number }
  | { readonly type: "crash"; readonly who: number }
  | { readonly type: "yield"; readonly who: number; readonly pause: number }
  /** Whoever holds it cannot run its components. */
  | { readonly type: "incapable"; readonly pause: number }
  | { readonly type: "withdraw"; readonly who: number }
  | { readonly type: "watch-gap"; readonly who: number }
  | { readonly type: "label" };

interface Schedule {
  readonly candidates: number;
  /** They keep records of themselves. */
  readonly records: boolean;
  /** Of delays and losses. */
  readonly seed: number;
  /** How bad the network is: the longest delay of a message, and how many of a thousand replies are lost. */
  readonly slowest: number;
  readonly losses: number;
  readonly stopTime: number;
  readonly happenings: readonly { readonly after: number; readonly what: Happening }[];
}

const who = fc.nat({ max: 2 });
const incapable = fc.record({ type: fc.constant("incapable" as const), pause: fc.nat({ max: 20_000 }) });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ type: fc.constant("partition" as const), who, duration: fc.integer({ min: 100, max: 40_000 }) }),
  fc.record({ type: fc.constant("stall" as const), who, duration: fc.integer({ min: 100, max: 30_000 }) }),
  fc.record({ type: fc.constant("crash" as const), who }),
  fc.record({ type: fc.constant("yield" as const), who, pause: fc.nat({ max: 20_000 }) }),
  incapable,
  fc.record({ type: fc.constant("withdraw" as const), who }),
  fc.record({ type: fc.constant("watch-gap" as const), who }),
  fc.record({ type: fc.constant("label" as const) }),
);
const schedule: fc.Arbitrary<Schedule> = fc.record({
  candidates: fc.integer({ min: 2, max: 3 }),
  records: fc.boolean(),
  seed: fc.nat(),
  slowest: fc.constantFrom(5, 100, 1_000, 4_000, 20_000),
  losses: fc.constantFrom(0, 0, 50, 300),
  stopTime: fc.constantFrom(0, 500, 3_000, 25_000),
  happenings: fc.array(fc.record({ after: fc.nat({ max: 12_000 }), what: happening }), { minLength: 4, maxLength: 12 }),
});

/** A linear congruence (Numerical Recipes): delays that replay. @returns from 0 to 1 */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function play({ candidates, records, seed, slowest, losses, stopTime, happenings }: Schedule): LeaseWorld {
  const world = new LeaseWorld();
  if (records) world.records = new Map();
  const random = randomFrom(seed);
  // Mostly quick, now and then as slow as it gets.
  const delay = () => (random() < 0.8 ? 1 + random() * 20 : random() * slowest);
  const join = (): Candidate => {
    const candidate = world.add(
      `candidate-${world.candidates.length}`,
      timing,
      stopBudget,
      seed + world.candidates.length,
    );
    Object.assign(candidate.network, {
      requestDelay: delay,
      replyDelay: delay,
      watchDelay: delay,
      losesReply: () => random() * 1_000 < losses,
    });
    candidate.stopTime = () => random() * stopTime;
    return candidate;
  };
  const running = Array.from({ length: candidates }, join);
  for (const { after, what } of happenings) {
    world.pass(after);
    if (what.type === "label") {
      world.edit((lease) => lease && { ...lease, metadata: { ...lease.metadata, labels: { at: String(world.now) } } });
      continue;
    }
    if (what.type === "incapable") {
      running.find(({ state }) => state.phase === "held")?.giveWay(what.pause);
      continue;
    }
    const index = what.who % candidates;
    const candidate = running[index];
    if (candidate === undefined) continue;
    switch (what.type) {
      case "partition":
        candidate.partition();
        world.at(world.now + what.duration, () => candidate.heal());
        break;
      case "stall":
        candidate.stall(what.duration);
        break;
      case "crash":
        candidate.crash();
        running[index] = join();
        break;
      case "yield":
        candidate.dispatch({ type: "yield", pause: what.pause, reason: "test", because: "asked" });
        break;
      case "withdraw":
        candidate.dispatch({ type: "withdraw", reason: "test" });
        running[index] = join();
        break;
      case "watch-gap":
        candidate.dispatch({ type: "watch-gap" });
    }
  }
  world.pass(60_000);
  return world;
}

/** When the right to act of a term ended: who stands still cannot be told, but asks the deadline before each write. */
function endOf({ stalled, deadline, endedAt = Number.POSITIVE_INFINITY, drainedAt = Number.POSITIVE_INFINITY }: Term) {
  return Math.min(endedAt, drainedAt, stalled ? deadline : Number.POSITIVE_INFINITY);
}

function check(world: LeaseWorld): void {
  expect(world.violations).toEqual([]);
  const terms = world.terms.toSorted((left, right) => left.grantedAt - right.grantedAt);
  for (const [index, term] of terms.entries()) {
    const next = terms[index + 1];
    if (next === undefined) break;
    const pair = `${term.candidate.identity}/${term.token} until ${endOf(term)}, ${next.candidate.identity}/${next.token} from ${next.grantedAt}`;
    expect(endOf(term), pair).toBeLessThanOrEqual(next.grantedAt);
    expect(next.token, pair).toBeGreaterThan(term.token);
  }
  for (const { endedAt, deadline, stalled, candidate } of terms) {
    if (!stalled && endedAt !== undefined && !candidate.crashed) expect(endedAt).toBeLessThanOrEqual(deadline);
  }
}

/** Who cannot run gives way to the same others again only when each has held the lease since, or after ten minutes. */
function checkTurns({ attempts, commits }: LeaseWorld): void {
  for (const [index, later] of attempts.entries()) {
    const earlier = attempts.findLast(
      ({ candidate, kept }, other) => other < index && candidate === later.candidate && kept === undefined,
    );
    if (later.kept !== undefined || later.present === undefined || earlier?.token === later.token) continue;
    expect(later.present).not.toEqual([]);
    if (earlier?.present === undefined || later.at >= earlier.at + 600_000) continue;
    const hadTurn = (name: string) =>
      commits.some(({ kind, identity, token }) => kind === "acquire" && identity === name && token > earlier.token);
    const known = new Set(earlier.present);
    const fair = later.present.some((name) => !known.has(name)) || later.present.every(hadTurn);
    expect(fair, `${later.candidate.identity} at ${later.at} for ${later.present.join()}`).toBe(true);
  }
}

describe("whatever the network, the processes and the operators do", () => {
  test.each([1, 2, 3, 4])("no two terms overlap and tokens rise (seed %i)", (seed) => {
    let takeovers = 0;
    let releases = 0;
    let losses = 0;
    let givenUp = 0;
    const property = fc.property(schedule, (drawn) => {
      const world = play(drawn);
      check(world);
      checkTurns(world);
      givenUp += world.attempts.filter((attempt) => attempt.kept === undefined).length;
      const holders = world.terms.map(({ candidate }) => candidate.identity);
      takeovers += new Set(holders).size - 1;
      releases += world.commits.filter(({ kind }) => kind === "release").length;
      losses += world.terms.filter(
        ({ endedBecause }) => endedBecause !== undefined && endedBecause !== "released",
      ).length;
    });
    fc.assert(property, { numRuns: 600, seed, verbose: fc.VerbosityLevel.None });
    // The property says nothing if nothing happens.
    expect(Math.min(takeovers, releases, losses, givenUp)).toBeGreaterThan(100);
  });

  test("who cannot run gives way to others in turn, and none of the above is harmed", () => {
    const mostly = fc.oneof({ weight: 6, arbitrary: incapable }, { weight: 1, arbitrary: happening });
    const what = fc.record({ after: fc.nat({ max: 30_000 }), what: mostly });
    const happenings = fc.array(what, { minLength: 8, maxLength: 24 });
    let kept = 0;
    let givenUpAgain = 0;
    const property = fc.property(schedule, happenings, (drawn, instead) => {
      const world = play({ ...drawn, records: true, happenings: instead });
      check(world);
      checkTurns(world);
      const { attempts } = world;
      kept += attempts.filter((attempt) => attempt.kept !== undefined).length;
      const givenUp = attempts.filter((attempt) => attempt.kept === undefined);
      givenUpAgain += givenUp.length - new Set(givenUp.map(({ candidate }) => candidate)).size;
    });
    fc.assert(property, { numRuns: 400, seed: 6, verbose: fc.VerbosityLevel.None });
    expect(Math.min(kept, givenUpAgain)).toBeGreaterThan(100);
  });

  test("when everything works again, one of them holds it", () => {
    fc.assert(
      fc.property(schedule, (drawn) => {
        const world = play({ ...drawn, slowest: 5, losses: 0 });
        world.pass(60_000);
        const holding = world.terms.filter(({ endedAt }) => endedAt === undefined);
        expect(holding).toHaveLength(1);
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});
