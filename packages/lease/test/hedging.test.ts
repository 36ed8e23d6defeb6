import { defaultTiming } from "@tenure/lease";
import { describe, expect, test } from "vitest";
import { heldByFirst, holding, requests, roundTrip, timing } from "./lease-scenarios.ts";
import { type Candidate, LeaseWorld } from "./lease-world.ts";

function sent(candidate: Candidate, since: number) {
  return candidate.commands.flatMap(({ at, command }) =>
    at >= since && (command.type === "read" || command.type === "write") ? [{ at, fresh: command.fresh }] : [],
  );
}

/** From `at` on, nothing of what is sent arrives, until `until`. */
function swallow(world: LeaseWorld, candidate: Candidate, until: number): void {
  candidate.network.requestDelay = () => (world.now < until ? 1_000_000 : 5);
}

describe("a holder's request without an answer", () => {
  test("is sent once more after a second, over a fresh connection, and counts from that sending", () => {
    const { world, a } = heldByFirst();
    world.until(() => a.state.flight === undefined && a.state.phase === "held");
    const from = a.state.nextTryAt;
    swallow(world, a, from + 500);
    world.pass(from + 1_000 + roundTrip - world.now);
    expect(sent(a, from)).toEqual([
      { at: from, fresh: false },
      { at: from + 1_000, fresh: true },
    ]);
    expect(a.term?.deadline).toBe(from + 1_000 + 14_000);
    expect(a.state).toMatchObject({ phase: "held", flight: undefined, hedge: undefined, unresolved: [] });
  });

  test("is tried once a second, never more than two at a time, and not at all any more when the right has ended", () => {
    const { world, a } = heldByFirst();
    const from = a.state.nextTryAt;
    swallow(world, a, Number.POSITIVE_INFINITY);
    world.until(() => !holding(a));
    const times = sent(a, from).map(({ at }) => at);
    for (const [index, at] of times.entries()) {
      if (index > 0) expect(at - times[index - 1]!).toBeGreaterThanOrEqual(1_000);
      expect(times.filter((other) => other <= at && at < other + 2_000).length).toBeLessThanOrEqual(2);
    }
    expect(times.length).toBeGreaterThanOrEqual(9);
    expect(sent(a, a.term?.endedAt ?? 0).every(({ at }) => at > (a.term?.endedAt ?? 0))).toBe(true);
  });

  test("whichever of the two is committed, the validity counts from its own sending", () => {
    const { world, a } = heldByFirst();
    const from = a.state.nextTryAt;
    a.network.watchDelay = () => 60_000;
    // The first arrives after the second: the server refuses one of them.
    let delay = 1_500;
    a.network.requestDelay = () => {
      const now = delay;
      delay = 5;
      return now;
    };
    world.pass(from + 1_000 + roundTrip - world.now);
    expect(a.term?.deadline).toBe(from + 1_000 + 14_000);
    const { token } = a.state;
    world.pass(4_000);
    expect(holding(a)).toBe(true);
    expect(a.state.token).toBe(token);
  });

  test("that arrives after a read was sent in its place is still known as ours", () => {
    const { world, a } = heldByFirst();
    const from = a.state.nextTryAt;
    a.network.watchDelay = () => 60_000;
    // Between the read's answer and the arrival of the renewal that follows it.
    let delay = 1_012;
    a.network.requestDelay = () => {
      const now = delay;
      delay = 5;
      return now;
    };
    world.until(() => a.state.flight?.kind === "renew");
    a.dispatch({ type: "watch-gap" });
    world.pass(from + 3_000 - world.now);
    expect(a.term?.endedBecause).toBeUndefined();
    expect(a.term?.deadline).toBeGreaterThanOrEqual(from + 14_000);
  });

  test("that is a read is given up when the watch has shown the renewal that it was to look for", () => {
    const { world, a } = heldByFirst();
    a.network.watchDelay = () => 60_000;
    const before = world.record;
    const { revision } = world;
    if (before === "absent") throw new TypeError("there is a Lease");
    // The renewal arrives, and its reply does not come.
    a.network.replyDelay = () => 1_000_000;
    world.until(() => a.state.flight?.kind === "renew");
    a.dispatch({ type: "watch-gap" });
    world.until(() => a.state.hedge?.kind === "read");
    const hedge = a.state.hedge?.id ?? 0;
    const after = world.record;
    if (after === "absent") throw new TypeError("there is a Lease");
    a.dispatch({ type: "seen", record: after });
    expect(a.state.committedStamp).toBe(after.stamp);
    a.dispatch({ type: "read", flight: hedge, record: before, collectionVersion: String(revision) });
    expect(a.term?.endedBecause).toBeUndefined();
    expect(a.state.phase).not.toBe("lost");
  });

  test("a release is hedged too, and is never sent before the components have stopped", () => {
    const { world, a, b } = heldByFirst();
    a.dispatch({ type: "withdraw", reason: "test" });
    const from = world.now;
    swallow(world, a, from + 500);
    world.until(() => holding(b));
    expect(world.now).toBeLessThan(from + 1_000 + 2 * roundTrip + 50);
    expect(world.violations).toEqual([]);
    expect(a.term?.endedBecause).toBe("released");
  });

  test("a server that refuses the second at once is not asked without a pause", () => {
    const { world, a } = heldByFirst();
    const from = a.state.nextTryAt;
    world.until(() => a.state.flight?.kind === "renew");
    swallow(world, a, Number.POSITIVE_INFINITY);
    world.until(() => a.state.hedge !== undefined);
    for (let time = 0; time < 900; time += 10) {
      const flight = a.state.hedge?.id;
      if (flight !== undefined) {
        a.dispatch({ type: "failed", flight, outcome: "refused", error: "503" });
      }
      world.pass(10);
    }
    expect(sent(a, from).length).toBeLessThanOrEqual(4);
  });
});

describe("what a server asks to wait", () => {
  test("is respected by a holder only so far that one more try fits before draining", () => {
    const { world, a } = heldByFirst();
    swallow(world, a, a.state.nextTryAt + 1);
    world.until(() => a.state.flight?.kind === "renew");
    const flight = a.state.flight?.id ?? 0;
    const committedAt = a.state.committedAt;
    a.dispatch({ type: "failed", flight, outcome: "refused", error: "429", retryAfter: 60_000 });
    const next = world.now;
    world.until(() => sent(a, next + 1).length > 0);
    expect(world.now).toBe(committedAt + timing.renewDeadline - 2_000);
    world.pass(roundTrip);
    expect(a.state.phase).toBe("held");
  });

  test("is respected by a candidate to the end", () => {
    const world = new LeaseWorld();
    const a = world.add("a", timing);
    a.dispatch({
      type: "failed",
      flight: a.state.flight?.id ?? 0,
      outcome: "refused",
      error: "429",
      retryAfter: 30_000,
    });
    const before = requests(a);
    world.pass(29_999);
    expect(requests(a)).toBe(before);
    world.pass(1 + 4 * roundTrip + 25);
    expect(holding(a)).toBe(true);
  });
});

describe("with the defaults of a lease of 15 s", () => {
  test("an outage of 8 s is survived wherever it falls between two renewals, and nothing drains", () => {
    for (const silent of [true, false]) {
      for (let phase = 0; phase < 3_400; phase += 50) {
        const world = new LeaseWorld();
        const a = world.add("a", defaultTiming(15_000), 1_000);
        world.until(() => holding(a));
        world.pass(20_000);
        world.until(() => a.state.flight?.kind === "renew");
        world.pass(phase);
        const until = world.now + 8_000;
        // Silent: what is sent is gone. Else: every connection is refused at once.
        swallow(world, a, until);
        while (!silent && world.now < until) {
          world.pass(5);
          const { flight } = a.state;
          if (flight !== undefined) {
            a.dispatch({ type: "failed", flight: flight.id, outcome: "unknown", error: "refused" });
          }
        }
        world.pass(15_000);
        expect(a.terms, `phase ${phase}`).toHaveLength(1);
        expect(a.term?.drainingAt, `phase ${phase}, silent ${silent}`).toBeUndefined();
      }
    }
  });

  test("the holder renews 18 times a minute, and reports what was left at each renewal", () => {
    const world = new LeaseWorld();
    const a = world.add("a", defaultTiming(15_000), 1_000);
    world.until(() => holding(a));
    const from = world.now;
    world.pass(60_000);
    expect(sent(a, from)).toHaveLength(18);
    const told = a.commands.flatMap(({ command }) => (command.type === "renewed" ? [command] : []));
    expect(told).toHaveLength(18);
    // Measured from the sending of one to the answer of the next.
    expect(told[0]).toEqual({ type: "renewed", number: 1, latency: roundTrip, margin: 12_500 - 3_333 - roundTrip });
  });

  test("a chain of stops that makes draining begin early makes renewals more frequent", () => {
    const world = new LeaseWorld();
    const a = world.add("a", defaultTiming(15_000), 9_000);
    world.until(() => holding(a));
    const from = a.state.committedAt;
    world.pass(10_000);
    expect(sent(a, from + 1).map(({ at }) => at - from)).toEqual([2_500, 5_000, 7_500, 10_000]);
  });

  test("of 50 candidates few try for a lease that is released, and it changes hands within 200 ms", () => {
    const world = new LeaseWorld();
    world.records = new Map();
    const first = world.add("first", defaultTiming(15_000));
    world.until(() => holding(first));
    for (let index = 0; index < 50; index++) world.add(`candidate-${index}`, defaultTiming(15_000));
    for (const candidate of world.candidates) candidate.look();
    world.pass(10_000);
    const released = world.now;
    first.dispatch({ type: "withdraw", reason: "test" });
    world.until(() => world.candidates.some((candidate) => candidate !== first && holding(candidate)));
    expect(world.now - released).toBeLessThan(200);
    world.pass(1_000);
    const tries = world.candidates.flatMap((candidate) =>
      candidate.commands.filter(
        ({ at, command }) => at >= released && command.type === "write" && command.write.kind === "acquire",
      ),
    );
    expect(tries.length).toBeLessThanOrEqual(5);
    expect(world.violations).toEqual([]);
  });
});
