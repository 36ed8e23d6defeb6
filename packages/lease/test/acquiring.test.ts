import { describe, expect, test } from "vitest";
import {
  heldByFirst,
  holding,
  lastWriteSent,
  requests,
  roundTrip,
  rush,
  timing,
  writtenByHand,
} from "./lease-scenarios.ts";
import { LeaseWorld } from "./lease-world.ts";

describe("acquiring", () => {
  test("takes a lease that is absent, and renews it every retry period", () => {
    const world = new LeaseWorld();
    const a = world.add("a", timing);
    world.until(() => holding(a), roundTrip * 2 + rush);
    world.pass(60_000);
    expect(holding(a)).toBe(true);
    expect(world.commits.filter(({ kind }) => kind === "renew").length).toBeGreaterThanOrEqual(29);
    expect(requests(a)).toBeLessThanOrEqual(33);
  });

  test("a standby sends nothing while its watch works", () => {
    const { world, b } = heldByFirst();
    const before = requests(b);
    world.pass(300_000);
    expect(requests(b)).toBe(before);
  });

  test.each([4, 15, 40])(
    "takes over exactly when the record has stood still for the %i s that it records",
    (seconds) => {
      const world = new LeaseWorld();
      writtenByHand(world, "other", { leaseDurationSeconds: seconds });
      const b = world.add("b", timing);
      world.pass(3_000);
      writtenByHand(world, "other", { renewTime: "renewed" });
      const seenAt = world.now + 5;
      world.until(() => holding(b));
      const sentAt = lastWriteSent(b);
      expect(sentAt).toBeGreaterThanOrEqual(seenAt + seconds * 1_000);
      expect(sentAt).toBeLessThanOrEqual(seenAt + seconds * 1_000 + rush);
    },
  );

  test("an edit of a label is no sign of life of the holder", () => {
    const world = new LeaseWorld();
    writtenByHand(world, "other");
    const b = world.add("b", timing);
    world.pass(10_000);
    world.edit((lease) => lease && { ...lease, metadata: { ...lease.metadata, labels: { edited: "yes" } } });
    world.until(() => holding(b), 5_000 + rush + 4 * roundTrip);
    expect(world.lease?.metadata.labels).toEqual({ edited: "yes" });
  });

  test("respects a record without a duration for 15 s, then takes it", () => {
    const world = new LeaseWorld();
    writtenByHand(world, "other", { leaseDurationSeconds: undefined });
    const b = world.add("b", timing);
    world.until(() => holding(b));
    expect(lastWriteSent(b)).toBeGreaterThanOrEqual(15_000);
    expect(lastWriteSent(b)).toBeLessThanOrEqual(15_000 + rush + roundTrip);
  });

  test("takes a released lease at once", () => {
    const { world, b } = heldByFirst();
    writtenByHand(world, "", { leaseDurationSeconds: 1 });
    world.until(() => holding(b), rush + 2 * roundTrip);
  });

  test("takes a released lease at once although an answer from before the release comes after it", () => {
    const { world, a, b } = heldByFirst();
    // Its watch has broken: it reads, and the answer is slower than the new watch.
    b.network.replyDelay = () => 500;
    b.dispatch({ type: "watch-gap" });
    world.pass(50);
    b.network.replyDelay = () => 5;
    a.dispatch({ type: "withdraw", reason: "test" });
    const from = world.now;
    world.until(() => holding(b));
    expect(world.now - from).toBeLessThan(100);
    world.pass(10_000);
    expect(holding(b)).toBe(true);
  });

  test("a lost reply to the acquiring write is found by reading, and the term counts from the sending", () => {
    const world = new LeaseWorld();
    const a = world.add("a", timing);
    a.network.watchDelay = () => 60_000;
    let lost = false;
    a.network.losesReply = () => {
      if (lost || world.commits.length === 0) return false;
      lost = true;
      return true;
    };
    world.until(() => holding(a));
    expect(world.commits).toHaveLength(1);
    const write = a.commands.find(({ command }) => command.type === "write");
    expect(a.term?.deadline).toBe((write?.at ?? 0) + 14_000);
    expect(a.term?.grantedAt).toBeGreaterThan((write?.at ?? 0) + 2_000);
  });

  test("learns too late that it has acquired: starts nothing and releases", () => {
    const world = new LeaseWorld();
    const a = world.add("a", { ...timing, renewDeadline: 5_000 });
    a.network.watchDelay = () => 60_000;
    world.until(() => world.commits.length === 1);
    a.partition();
    world.pass(6_000);
    expect(a.state.phase).toBe("acquiring");
    a.network.partitioned = false;
    world.until(() => world.record !== "absent" && world.record.holder === "");
    expect(world.commits.at(-1)?.kind).toBe("release");
    expect(a.terms).toHaveLength(0);
  });

  test("of many candidates for an absent lease one wins", () => {
    const world = new LeaseWorld();
    for (const name of ["a", "b", "c", "d", "e"]) world.add(name, timing);
    world.pass(5_000);
    expect(world.candidates.filter(holding)).toHaveLength(1);
  });
});
