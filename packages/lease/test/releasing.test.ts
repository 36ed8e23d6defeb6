import { describe, expect, test } from "vitest";
import { heldByFirst, holding, requests, roundTrip, rush, timing, writtenByHand } from "./lease-scenarios.ts";
import { type Candidate, LeaseWorld } from "./lease-world.ts";

describe("releasing", () => {
  test("waits until the components have stopped, and renews meanwhile (E6)", () => {
    const { world, a, b } = heldByFirst();
    a.stopTime = () => 30_000;
    const begun = world.now;
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    world.until(() => a.withdrawnAt !== undefined);
    const release = world.commits.find(({ kind }) => kind === "release");
    expect(release?.at).toBe(begun + 30_000 + 5);
    expect(world.commits.filter(({ at, kind }) => kind === "renew" && at > begun).length).toBeGreaterThanOrEqual(14);
    expect(a.term?.endedBecause).toBe("released");
    world.until(() => holding(b), rush + 2 * roundTrip);
    expect(b.term?.grantedAt).toBeGreaterThan(release?.at ?? Number.NaN);
    expect(world.violations).toEqual([]);
  });

  test("erases nothing when another has taken over (E2)", () => {
    const { world, a, b } = heldByFirst();
    a.stopTime = () => 20_000;
    a.partition();
    world.until(() => holding(b));
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    a.heal();
    world.until(() => a.withdrawnAt !== undefined);
    expect(world.commits.some(({ kind }) => kind === "release")).toBe(false);
    expect(world.record).toMatchObject({ holder: "b" });
    world.pass(60_000);
    expect(holding(b)).toBe(true);
  });

  test("erases nothing when another has written right before it", () => {
    const { world, a } = heldByFirst();
    a.network.watchDelay = () => 600_000;
    a.network.requestDelay = () => 50;
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    world.until(() => a.state.flight?.kind === "release");
    writtenByHand(world, "other");
    world.until(() => a.withdrawnAt !== undefined);
    expect(world.record).toMatchObject({ holder: "other" });
  });

  test("a lost reply to the release is resolved by reading", () => {
    const { world, a, b } = heldByFirst();
    b.crash();
    a.network.watchDelay = () => 600_000;
    a.network.losesReply = () => world.commits.filter(({ kind }) => kind === "release").length === 1 && losses-- > 0;
    let losses = 1;
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    world.until(() => a.withdrawnAt !== undefined);
    expect(a.term?.endedBecause).toBe("released");
    expect(world.commits.filter(({ kind }) => kind === "release")).toHaveLength(1);
  });

  test("the watch may show the release before its answer comes", () => {
    const { world, a, b } = heldByFirst();
    a.network.watchDelay = () => 1;
    a.network.replyDelay = () => 500;
    a.dispatch({ type: "yield", pause: 5_000, reason: "rest", because: "asked" });
    world.until(() => holding(b));
    world.pass(10_000);
    expect(a.term?.endedBecause).toBe("released");
    expect(a.state.phase).toBe("standby");
  });

  test("a yield pauses as long as it says, and lets the others try", () => {
    const world = new LeaseWorld();
    const a = world.add("a", timing);
    world.until(() => holding(a));
    const begun = world.now;
    a.dispatch({ type: "yield", pause: 30_000, reason: "rest", because: "asked" });
    world.until(() => a.terms.length === 2);
    expect(a.term?.grantedAt).toBeGreaterThanOrEqual(begun + 30_000);
    expect(a.term?.grantedAt).toBeLessThanOrEqual(begun + 30_000 + rush + 3 * roundTrip);
  });

  test("a yield of one that does not hold is only the pause", () => {
    const { world, a, b } = heldByFirst();
    b.dispatch({ type: "yield", pause: 30_000, reason: "rest", because: "asked" });
    const begun = world.now;
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    world.until(() => holding(b));
    expect(b.term?.grantedAt).toBeGreaterThanOrEqual(begun + 30_000);
  });

  test("does not campaign again while components of a lost term still run", () => {
    const { world, a } = heldByFirst();
    const b = world.candidates[1];
    b?.crash();
    a.stopTime = () => 100_000;
    writtenByHand(world, "", { leaseDurationSeconds: 1 });
    world.pass(90_000);
    expect(a.terms).toHaveLength(1);
    world.until(() => a.terms.length === 2);
    expect(a.term?.grantedAt).toBeGreaterThan(a.terms[0]?.drainedAt ?? Number.NaN);
  });
});

describe("withdrawing", () => {
  const phases: Record<string, (world: LeaseWorld, a: Candidate) => void> = {
    standby: (world, a) => {
      writtenByHand(world, "other");
      world.until(() => a.state.phase === "standby" && a.state.seen !== undefined && !a.state.mustRead);
    },
    acquiring: (world, a) => world.until(() => a.state.phase === "acquiring"),
    held: (world, a) => world.until(() => a.state.phase === "held"),
    "renewing-late": (world, a) => {
      world.until(() => holding(a));
      a.partition();
      world.until(() => a.state.phase === "renewing-late");
    },
    draining: (world, a) => {
      a.stopTime = () => 3_000;
      world.until(() => holding(a));
      a.dispatch({ type: "yield", pause: 0, reason: "test", because: "asked" });
    },
    lost: (world, a) => {
      a.stopTime = () => 3_000;
      world.until(() => holding(a));
      writtenByHand(world, "other");
      world.until(() => a.state.phase === "lost");
    },
    "cooling-down": (world, a) => {
      world.until(() => holding(a));
      a.dispatch({ type: "yield", pause: 20_000, reason: "test", because: "asked" });
      world.until(() => a.state.phase === "cooling-down");
    },
  };

  test.each(Object.keys(phases))("from %s ends withdrawn, grants nothing more and asks nothing more", (phase) => {
    const world = new LeaseWorld();
    const a = world.add("a", timing);
    phases[phase]?.(world, a);
    expect(a.state.phase).toBe(phase);
    const { length } = a.terms;
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    a.dispatch({ type: "withdraw", reason: "again" });
    world.until(() => a.withdrawnAt !== undefined);
    expect(a.state.phase).toBe("withdrawn");
    expect(a.terms).toHaveLength(length);
    const sent = requests(a);
    writtenByHand(world, "");
    world.pass(100_000);
    expect(a.terms).toHaveLength(length);
    expect(requests(a)).toBe(sent);
    expect(a.commands.filter(({ command }) => command.type === "withdrawn")).toHaveLength(1);
    expect(world.violations).toEqual([]);
  });

  test("campaigns anew afterwards, as the next term", () => {
    const world = new LeaseWorld();
    const a = world.add("a", timing);
    world.until(() => holding(a));
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    world.until(() => a.withdrawnAt !== undefined);
    a.dispatch({ type: "campaign", stopBudget: 0 });
    world.until(() => holding(a));
    expect(a.term?.number).toBe(2);
  });
});
