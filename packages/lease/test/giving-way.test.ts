import { decodeLease } from "@tenure/lease";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { heldByFirst, holding, requests, roundTrip, rush, timing, writtenByHand } from "./lease-scenarios.ts";
import { type Candidate, LeaseWorld, recordDuration } from "./lease-world.ts";

const pause = 30_000;
const incapable = { after: 20_000, pause };

/** All incapable unless said, in the order in which they come. The registry works. */
function worldOf(names: readonly string[], capable: readonly string[] = []): LeaseWorld {
  const world = new LeaseWorld();
  world.records = new Map();
  for (const name of names) {
    world.add(name, timing).incapable = capable.includes(name) ? undefined : incapable;
    world.until(() => world.terms.length > 0);
  }
  // So that each knows of the others.
  for (const candidate of world.candidates) candidate.look();
  return world;
}

function holders(world: LeaseWorld): string[] {
  return world.terms
    .toSorted((left, right) => left.grantedAt - right.grantedAt)
    .map(({ candidate }) => candidate.identity);
}

function named(world: LeaseWorld, name: string): Candidate {
  const candidate = world.candidates.find(({ identity }) => identity === name);
  if (candidate === undefined) throw new TypeError(`there is no ${name}`);
  return candidate;
}

describe("candidates whose components cannot run", () => {
  test("three of them: each has its turn, then a new round begins, in which each has one again", () => {
    const world = worldOf(["a", "b", "c"]);
    world.until(() => world.terms.length >= 12, 600_000);
    const turns = holders(world);
    for (let round = 0; round < 12; round += 3) {
      expect(turns.slice(round, round + 3).toSorted(), turns.join(" ")).toEqual(["a", "b", "c"]);
    }
    expect(world.attempts.filter(({ kept }) => kept !== undefined)).toEqual([]);
    expect(world.violations).toEqual([]);
  });

  test("whose pauses are shorter than the turns of the others stand back all the same", () => {
    const world = worldOf(["a", "b", "c", "d"]);
    for (const candidate of world.candidates) candidate.incapable = { after: 20_000, pause: 0 };
    world.until(() => world.terms.length >= 12, 600_000);
    const turns = holders(world);
    for (let round = 0; round < 12; round += 4) {
      expect(turns.slice(round, round + 4).toSorted(), turns.join(" ")).toEqual(["a", "b", "c", "d"]);
    }
  });

  test.each(["a", "b", "c"])(
    "if %s is the one among three that can, it is found within a round, and keeps it",
    (able) => {
      const world = worldOf(["a", "b", "c"], [able]);
      world.pass(200_000);
      expect(holding(named(world, able))).toBe(true);
      const { length } = world.terms;
      expect(length).toBeLessThanOrEqual(3);
      world.pass(1_000_000);
      expect(world.terms).toHaveLength(length);
    },
  );

  test("two of them take turns", () => {
    const world = worldOf(["a", "b"]);
    world.until(() => world.terms.length >= 6, 600_000);
    expect(holders(world).join("")).toBe("ababab");
  });

  test("alone it keeps the lease", () => {
    const world = worldOf(["a"]);
    world.pass(300_000);
    expect(world.terms).toHaveLength(1);
    expect(world.attempts.length).toBeGreaterThan(10);
    expect(new Set(world.attempts.map(({ kept }) => kept))).toEqual(
      new Set(["the lease is kept, since no other candidate is known"]),
    );
  });

  test("one that has died is waited for a lease's duration and no longer, and when its record no longer counts, not at all", () => {
    const world = worldOf(["a", "b", "c"]);
    const [a, b, c] = world.candidates as [Candidate, Candidate, Candidate];
    c.crash();
    world.until(() => a.terms.length + b.terms.length >= 3, 300_000);
    // a and b have had a turn; both stand back for c, whose record still counts; a then kept it, having given way to c in vain.
    const free = world.commits.filter(({ kind }) => kind === "release").at(-1)?.at ?? Number.NaN;
    const third = world.terms.find(({ grantedAt }) => grantedAt > free);
    expect(third?.grantedAt).toBeGreaterThanOrEqual(free + timing.leaseDuration);
    expect(third?.grantedAt).toBeLessThanOrEqual(free + timing.leaseDuration + pause);
    world.pass(60_000);
    expect(world.attempts.at(-1)?.kept).toContain('given up last for "c"');
    world.pass(recordDuration);
    const { length } = world.terms;
    world.pass(200_000);
    // Round and round again, without a wait beyond the pauses.
    expect(world.terms.length).toBeGreaterThanOrEqual(length + 4);
  });

  test("one that comes new while the lease is kept is given way to at once", () => {
    const world = worldOf(["a"]);
    world.pass(100_000);
    expect(world.terms).toHaveLength(1);
    const b = world.add("b", timing);
    world.until(() => holding(b), 240_000 + incapable.after + 100);
  });

  test("a newcomer gets its turn although another has not taken the one that it was offered", () => {
    const world = worldOf(["a", "b"]);
    const [a, b] = world.candidates as [Candidate, Candidate];
    b.partition();
    world.until(() => a.terms.length === 2, 200_000);
    world.pass(50_000);
    expect(world.attempts.at(-1)?.kept).toContain('given up last for "b"');
    const c = world.add("c", timing);
    world.until(() => holding(c), 240_000 + incapable.after + 100);
  });

  test("an offer that was not taken is made again after ten minutes: who was cut off may be back", () => {
    const world = worldOf(["a", "b"], ["b"]);
    const [a, b] = world.candidates as [Candidate, Candidate];
    b.partition();
    world.until(() => a.terms.length === 2, 200_000);
    b.heal();
    b.look();
    world.pass(300_000);
    expect(a.terms).toHaveLength(2);
    expect(world.attempts.at(-1)?.kept).toBeDefined();
    world.until(() => holding(b), 600_000);
    expect(world.now).toBeGreaterThan(600_000);
  });

  test("asked to, it gives way whatever turns others have had", () => {
    const world = worldOf(["a"]);
    const [a] = world.candidates as [Candidate];
    a.dispatch({ type: "yield", pause: 5_000, reason: "maintenance", because: "asked" });
    world.until(() => a.state.phase === "cooling-down");
    world.until(() => holding(a), 5_000 + rush + 3 * roundTrip);
    // It stands back for nobody: that it cannot run was not said.
    expect(a.state.gaveWay).toBeUndefined();
  });

  test("a second yield extends the pause, and does not shorten it", () => {
    const world = worldOf(["a", "b"]);
    const [a] = world.candidates as [Candidate];
    const begun = world.now;
    a.dispatch({ type: "yield", pause: 10_000, reason: "first", because: "asked" });
    world.pass(5_000);
    a.dispatch({ type: "yield", pause: 40_000, reason: "second", because: "asked" });
    a.dispatch({ type: "yield", pause: 1_000, reason: "third", because: "asked" });
    expect(a.state.pauseUntil).toBe(begun + 45_000);
  });
});

test("a turn that the watch has missed is known from the candidate's own record", () => {
  const world = worldOf(["a", "b"], ["a", "b"]);
  const [a, b] = world.candidates as [Candidate, Candidate];
  a.network.watchDelay = () => 600_000;
  a.giveWay(10_000);
  world.until(() => holding(b));
  b.dispatch({ type: "withdraw", reason: "shutdown" });
  world.until(() => b.withdrawnAt !== undefined);
  // Its record is still there, as after a crash.
  const lastTurn = b.term?.token ?? 0;
  const others = [{ identity: "b", lastTurn, presentUntil: world.now + recordDuration }];
  a.dispatch({ type: "candidates", others });
  world.until(() => holding(a));
  expect(a.state.turns).toEqual([]);
  a.giveWay(0);
  expect(world.attempts.at(-1)?.kept).toBeUndefined();
});

test("the record of a yield says which component cannot run, and quotes nothing of what it has printed", () => {
  const { world, a } = heldByFirst();
  a.stopTime = () => 100;
  const reason = 'component "x" cannot run: failed: token=secret';
  a.dispatch({ type: "yield", pause: 1_000, reason, because: "incapable" });
  a.stopTime = () => 5_000;
  world.until(() => world.record !== "absent" && world.record.yielded !== undefined);
  const { record } = world;
  expect(record === "absent" ? undefined : record.yielded?.reason).toBe('component "x" cannot run');
});

test("a peer that keeps no record of itself, but was seen to hold the lease, is given way to once, and again when it has held it", () => {
  const world = new LeaseWorld();
  world.records = new Map();
  const a = world.add("a", timing);
  writtenByHand(world, "client-go");
  world.until(() => holding(a));
  a.giveWay(0);
  expect(world.attempts.at(-1)?.kept).toBeUndefined();
  world.until(() => a.terms.length === 2);
  a.giveWay(0);
  expect(world.attempts.at(-1)?.kept).toBe(
    "the lease is kept, since no other candidate has taken it since it was given up last",
  );
  writtenByHand(world, "client-go");
  world.until(() => a.terms.length === 3);
  a.giveWay(0);
  expect(world.attempts.at(-1)?.kept).toBeUndefined();
});

describe("without records of the candidates", () => {
  test("it gives way once, and again when another was seen to hold it", () => {
    const { world, a, b } = heldByFirst();
    a.giveWay(0);
    world.until(() => holding(b));
    b.giveWay(10_000);
    world.until(() => holding(a));
    expect(world.attempts.map(({ kept }) => kept)).toEqual([undefined, undefined]);
    a.giveWay(0);
    expect(world.attempts.at(-1)?.kept).toBeUndefined();
  });

  test("alone it gives way once, and keeps the lease then", () => {
    const world = new LeaseWorld();
    const a = world.add("a", timing);
    world.until(() => holding(a));
    a.giveWay(1_000);
    world.until(() => a.terms.length === 2);
    a.giveWay(1_000);
    expect(world.attempts.map(({ kept }) => kept)).toEqual([
      undefined,
      "the lease is kept, since no other candidate has taken it since it was given up last",
    ]);
  });

  test("when they cannot be read any more, what the Lease has shown decides", () => {
    const world = worldOf(["a", "b"], ["a", "b"]);
    const [a, b] = world.candidates as [Candidate, Candidate];
    a.giveWay(0);
    world.until(() => holding(b));
    b.giveWay(20_000);
    world.until(() => holding(a));
    a.dispatch({ type: "candidates", others: undefined });
    a.giveWay(0);
    expect(world.attempts.at(-1)?.kept).toBeUndefined();
  });
});

describe("standing back", () => {
  /** a holds nothing, has given way, its pause is over; b holds it; c has had no turn. */
  function standingBack(): { world: LeaseWorld; a: Candidate; b: Candidate; c: Candidate } {
    const world = worldOf(["a", "b", "c"], ["a", "b", "c"]);
    const [a, b, c] = world.candidates as [Candidate, Candidate, Candidate];
    c.crash();
    a.giveWay(1_000);
    world.until(() => holding(b));
    world.pass(10_000);
    expect(a.state.phase).toBe("cooling-down");
    return { world, a, b, c };
  }

  test("costs no request", () => {
    const { world, a } = standingBack();
    const before = requests(a);
    world.pass(250_000);
    expect([requests(a), a.state.phase]).toEqual([before, "cooling-down"]);
  });

  test("ends five minutes after the lease changed hands: whoever has kept it for so long can", () => {
    const { world, a, b } = standingBack();
    world.until(() => a.state.phase === "standby", 400_000);
    expect(world.now).toBeGreaterThanOrEqual((b.term?.grantedAt ?? Number.NaN) + 300_000);
    expect(world.now).toBeLessThanOrEqual((b.term?.grantedAt ?? Number.NaN) + 301_000);
    b.crash();
    const crashed = world.now;
    world.until(() => holding(a));
    expect(world.now - crashed).toBeLessThan(timing.leaseDuration + rush + 2 * roundTrip);
  });

  test("ends when the last one has its turn", () => {
    const { world, a } = standingBack();
    writtenByHand(world, "c");
    world.edit((lease) => {
      const annotations = { ...lease?.metadata.annotations, "tenure.dev/token": String(world.revision) };
      return lease && { ...lease, metadata: { ...lease.metadata, annotations } };
    });
    world.until(() => a.state.phase === "standby", 100);
  });

  test("ends when the one waited for takes its leave", () => {
    const { world, a } = standingBack();
    world.records?.delete("c");
    a.look();
    expect(a.state.phase).toBe("standby");
  });

  test("lasts one lease longer than another candidate would wait when the holder crashes", () => {
    const { world, a, b } = standingBack();
    b.crash();
    const crashed = world.now;
    world.until(() => holding(a));
    expect(world.now - crashed).toBeGreaterThan(2 * timing.leaseDuration - timing.retryPeriod - roundTrip);
    expect(world.now - crashed).toBeLessThan(2 * timing.leaseDuration + rush + 2 * roundTrip);
  });

  test("reads what a broken watch may have missed", () => {
    const { world, a } = standingBack();
    a.network.watchDelay = () => 600_000;
    const before = requests(a);
    a.dispatch({ type: "watch-gap" });
    world.pass(100);
    expect([requests(a), a.state.mustRead, a.state.phase]).toEqual([before + 1, false, "cooling-down"]);
  });

  test("is left for a withdrawal at once", () => {
    const { world, a } = standingBack();
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    world.until(() => a.withdrawnAt !== undefined, 100);
  });
});

describe("the record of a yield", () => {
  test("is on the Lease from the draining on, and gone with the next acquisition", () => {
    const { world, a, b } = heldByFirst();
    a.stopTime = () => 10_000;
    const token = a.term?.token;
    a.dispatch({ type: "yield", pause: 60_000, reason: "it cannot run", because: "asked" });
    world.pass(3_000);
    expect(world.record).toMatchObject({ holder: "a", yielded: { holder: "a", token, reason: "it cannot run" } });
    world.until(() => world.record !== "absent" && world.record.holder === "");
    expect(world.record).toMatchObject({ yielded: { holder: "a", token, reason: "it cannot run" } });
    world.until(() => holding(b));
    expect(world.lease && decodeLease(world.lease).yielded).toBeUndefined();
    // A release that is no yield says nothing of one.
    b.dispatch({ type: "withdraw", reason: "shutdown" });
    world.until(() => b.withdrawnAt !== undefined);
    expect(world.record).toMatchObject({ holder: "", yielded: undefined });
  });

  test("is that of the term which was given up, and of no later one", () => {
    const world = new LeaseWorld();
    const a = world.add("a", timing);
    world.until(() => holding(a));
    a.dispatch({ type: "yield", pause: 0, reason: "rest", because: "asked" });
    world.until(() => a.terms.length === 2);
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    world.until(() => a.withdrawnAt !== undefined);
    expect(world.record).toMatchObject({ holder: "", yielded: undefined });
  });

  test("tells those who have missed the turn that there was one", () => {
    const { world, a, b } = heldByFirst();
    a.giveWay(120_000);
    a.network.watchDelay = () => 60_000;
    world.until(() => holding(b));
    b.dispatch({ type: "yield", pause: 300_000, reason: "rest", because: "asked" });
    world.until(() => world.record !== "absent" && world.record.yielded?.holder === "b");
    const record = world.record;
    if (record === "absent") throw new TypeError("there is no Lease");
    a.dispatch({ type: "seen", record });
    expect(a.state.gaveWay?.taken).toBe(true);
  });
});

test("whoever can is found within a round, whatever the order, the paces and the pauses", () => {
  const drawn = fc.record({
    candidates: fc.integer({ min: 2, max: 6 }),
    able: fc.nat({ max: 5 }),
    after: fc.array(fc.integer({ min: 1_000, max: 100_000 }), { minLength: 6, maxLength: 6 }),
    pause: fc.integer({ min: 0, max: 60_000 }),
    stopTime: fc.integer({ min: 0, max: 20_000 }),
  });
  let rounds = 0;
  const property = fc.property(drawn, ({ candidates, able, after, pause: pauseOfAll, stopTime }) => {
    const names = ["a", "b", "c", "d", "e", "f"].slice(0, candidates);
    const world = worldOf(names, names);
    for (const [index, candidate] of world.candidates.entries()) {
      candidate.stopTime = () => stopTime;
      if (index !== able % candidates) candidate.incapable = { after: after[index] ?? 1_000, pause: pauseOfAll };
    }
    // The first one was granted its term when it still could.
    const first = world.candidates[0];
    if (first?.incapable !== undefined) first.giveWay(pauseOfAll);
    world.pass(2_000_000);
    const turns = holders(world);
    expect(turns.at(-1), turns.join(" ")).toBe(names[able % candidates]);
    expect(new Set(turns).size, turns.join(" ")).toBe(turns.length);
    rounds = Math.max(rounds, turns.length);
  });
  fc.assert(property, { numRuns: 150, seed: 7 });
  expect(rounds).toBeGreaterThanOrEqual(5);
});
