import { describe, expect, test } from "vitest";
import { heldByFirst, holding, lastWriteSent, roundTrip, rush, timing, writtenByHand } from "./lease-scenarios.ts";
import { LeaseWorld } from "./lease-world.ts";

describe("the end of the right to act", () => {
  test("counts from the sending of a renewal whose reply came late (E1)", () => {
    const { world, a, b } = heldByFirst();
    a.network.replyDelay = () => 1_900;
    a.network.watchDelay = () => 60_000;
    const commits = world.commits.length;
    world.until(() => world.commits.length === commits + 1);
    const sentAt = lastWriteSent(a);
    world.pass(1_900);
    expect(a.term?.deadline).toBe(sentAt + 14_000);
    a.partition();
    world.until(() => !holding(a));
    expect(world.now).toBe(sentAt + 14_000);
    expect(a.term?.drainingAt).toBe(sentAt + 10_000);
    world.until(() => holding(b));
    expect(b.term?.grantedAt).toBeGreaterThan(sentAt + 15_000);
  });

  test("drains as early as the longest chain of stops demands", () => {
    const world = new LeaseWorld();
    const a = world.add("a", timing, 6_000);
    world.until(() => holding(a));
    const sentAt = lastWriteSent(a);
    a.partition();
    world.until(() => a.term?.drainingAt !== undefined);
    expect(world.now).toBe(sentAt + 8_000);
  });

  test("comes at once when another holds the lease (E3)", () => {
    const { world, a } = heldByFirst();
    writtenByHand(world, "other");
    world.pass(5);
    expect(a.term?.endedBecause).toBe('"other" holds it');
  });

  test("comes with the next renewal when another holds the lease and the watch is silent", () => {
    const { world, a } = heldByFirst();
    a.network.watchDelay = () => 600_000;
    writtenByHand(world, "other");
    world.pass(2_000 + 2 * roundTrip);
    expect(a.term?.endedBecause).toBe('"other" holds it');
  });

  test("comes at once when somebody else releases it, or writes under the same identity", () => {
    for (const holder of ["", "a"]) {
      const { world, a } = heldByFirst();
      writtenByHand(world, holder);
      world.edit((lease) => lease && { ...lease, metadata: { ...lease.metadata, annotations: {} } });
      world.pass(5);
      expect(holding(a)).toBe(false);
    }
  });

  test("comes at once when the Lease is deleted, and who saw the holder waits out its duration", () => {
    const { world, a, b } = heldByFirst();
    const lastSeen = (world.commits.at(-1)?.at ?? 0) + 5;
    a.dispatch({ type: "yield", pause: 60_000, reason: "out of the way", because: "asked" });
    a.stopTime = () => 600_000;
    world.edit(() => undefined);
    world.pass(5);
    expect(a.term?.endedBecause).toBe("the Lease was deleted");
    world.until(() => holding(b));
    expect(lastWriteSent(b)).toBeGreaterThanOrEqual(lastSeen + 15_000);
    expect(lastWriteSent(b)).toBeLessThanOrEqual(lastSeen + 15_000 + rush);
  });

  test.each(["timer", "written", "drained", "withdraw", "yield"] as const)(
    "is told before anything is written when the process wakes up past the deadline and the first event is %s",
    (type) => {
      const { world, a } = heldByFirst();
      world.until(() => a.state.flight?.kind === "renew");
      const flight = a.state.flight?.id ?? 0;
      a.crashed = true; // No event reaches it any more.
      world.pass(20_000);
      a.crashed = false;
      const before = a.commands.length;
      const record = world.record;
      if (record === "absent") throw new TypeError("there is a Lease");
      if (type === "written") a.dispatch({ type, flight, record });
      else if (type === "drained") a.dispatch({ type, number: 1 });
      else if (type === "withdraw") a.dispatch({ type, reason: "test" });
      else if (type === "yield") a.dispatch({ type, pause: 0, reason: "test", because: "asked" });
      else a.dispatch({ type });
      const after = a.commands.slice(before).map(({ command }) => command.type);
      expect(after).toContain("ended");
      expect(after).not.toContain("write");
      expect(after).not.toContain("granted");
    },
  );

  test("a lost reply to a renewal is resolved by reading, and extends to the sending of the write that the record shows", () => {
    const { world, a } = heldByFirst();
    a.network.watchDelay = () => 60_000;
    const commits = world.commits.length;
    let losses = 1;
    a.network.losesReply = () => losses-- > 0;
    world.until(() => world.commits.length === commits + 1);
    const sentAt = lastWriteSent(a);
    // From here on nothing more is written: only the read can extend it.
    world.until(() => a.commands.at(-1)?.command.type === "set-timer" && a.term?.deadline === sentAt + 14_000, 5_000);
    // After a second the hedge learns that its twin was written, and a read which it was.
    expect(world.now).toBe(sentAt + 1_000 + 2 * roundTrip);
    expect(world.commits).toHaveLength(commits + 1);
    expect(a.state.phase).toBe("held");
  });

  test("a renewal that never arrived extends nothing", () => {
    const { world, a } = heldByFirst();
    const sentAt = lastWriteSent(a);
    a.partition();
    world.until(() => a.state.phase === "renewing-late");
    expect(a.term?.deadline).toBe(sentAt + 14_000);
    a.heal();
    world.until(() => a.state.phase === "held");
    expect(a.term?.deadline).toBe(lastWriteSent(a) + 14_000);
  });

  test("watch events that lag behind end nothing", () => {
    const { world, a } = heldByFirst();
    const old = world.record;
    if (old === "absent") throw new TypeError("there is a Lease");
    world.pass(5_000);
    a.dispatch({ type: "seen", record: { ...old, holder: "earlier", stamp: undefined } });
    a.dispatch({ type: "deleted", resourceVersion: old.resourceVersion });
    expect(holding(a)).toBe(true);
  });

  test("a late answer to a read that shows less than the watch has shown meanwhile ends nothing", () => {
    const { world, a } = heldByFirst();
    const shown = world.record;
    const { revision } = world;
    // A renewal arrives after its time-out: the read that looks for it overtakes it on the server, not on the way back.
    a.network.requestDelay = () => 2_100;
    const commits = world.commits.length;
    world.until(() => a.state.flight?.kind === "renew");
    a.network.watchDelay = () => 1;
    a.dispatch({ type: "watch-gap" });
    world.until(() => a.state.unresolved.length === 1 && a.state.flight?.kind === "read");
    const flight = a.state.flight?.id ?? 0;
    world.until(() => world.commits.length === commits + 1);
    world.pass(2);
    expect(a.state.unresolved).toHaveLength(0);
    a.dispatch({ type: "read", flight, record: shown, collectionVersion: String(revision) });
    expect(holding(a)).toBe(true);
  });
});
