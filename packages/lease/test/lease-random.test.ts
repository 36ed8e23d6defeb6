import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Candidate, LeaseWorld, type Term } from "./lease-world.ts";

const timing = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000, safetyMargin: 1_000 };
const stopBudget = 3_000;

type Happening =
  | { readonly type: "partition"; readonly who: number; readonly duration: number }
  | { readonly type: "stall"; readonly who: number; readonly duration: number }
  | { readonly type: "crash"; readonly who: number }
  | { readonly type: "yield"; readonly who: number; readonly pause: number }
  | { readonly type: "withdraw"; readonly who: number }
  | { readonly type: "watch-gap"; readonly who: number }
  | { readonly type: "label" };

interface Schedule {
  readonly candidates: number;
  /** Of delays and losses. */
  readonly seed: number;
  /** How bad the network is: the longest delay of a message, and how many of a thousand replies are lost. */
  readonly slowest: number;
  readonly losses: number;
  readonly stopTime: number;
  readonly happenings: readonly { readonly after: number; readonly what: Happening }[];
}

const who = fc.nat({ max: 2 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ type: fc.constant("partition" as const), who, duration: fc.integer({ min: 100, max: 40_000 }) }),
  fc.record({ type: fc.constant("stall" as const), who, duration: fc.integer({ min: 100, max: 30_000 }) }),
  fc.record({ type: fc.constant("crash" as const), who }),
  fc.record({ type: fc.constant("yield" as const), who, pause: fc.nat({ max: 20_000 }) }),
  fc.record({ type: fc.constant("withdraw" as const), who }),
  fc.record({ type: fc.constant("watch-gap" as const), who }),
  fc.record({ type: fc.constant("label" as const) }),
);
const schedule: fc.Arbitrary<Schedule> = fc.record({
  candidates: fc.integer({ min: 2, max: 3 }),
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

function play({ candidates, seed, slowest, losses, stopTime, happenings }: Schedule): LeaseWorld {
  const world = new LeaseWorld();
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

describe("whatever the network, the processes and the operators do", () => {
  test.each([1, 2, 3, 4])("no two terms overlap and tokens rise (seed %i)", (seed) => {
    let takeovers = 0;
    let releases = 0;
    let losses = 0;
    const property = fc.property(schedule, (drawn) => {
      const world = play(drawn);
      check(world);
      const holders = world.terms.map(({ candidate }) => candidate.identity);
      takeovers += new Set(holders).size - 1;
      releases += world.commits.filter(({ kind }) => kind === "release").length;
      losses += world.terms.filter(
        ({ endedBecause }) => endedBecause !== undefined && endedBecause !== "released",
      ).length;
    });
    fc.assert(property, { numRuns: 600, seed, verbose: fc.VerbosityLevel.None });
    // The property says nothing if nothing happens.
    expect(Math.min(takeovers, releases, losses)).toBeGreaterThan(100);
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
