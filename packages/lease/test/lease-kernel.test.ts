import { tokenAnnotation } from "@tenure/lease";
import { describe, expect, test } from "vitest";
import { type Candidate, LeaseWorld } from "./lease-world.ts";

const timing = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000, safetyMargin: 1_000 };
/** Between candidates for a lease that becomes free, at most. */
const rush = 25;
/** Of a request and its reply in the model. */
const roundTrip = 10;

function holding(candidate: Candidate): boolean {
  return candidate.term !== undefined && candidate.term.endedAt === undefined;
}

/** When the renewal that the server committed last was sent. */
function lastWriteSent(candidate: Candidate): number {
  const sent = candidate.commands.filter(({ command }) => command.type === "write");
  return sent.at(-1)?.at ?? Number.NaN;
}

function requests(candidate: Candidate): number {
  return candidate.commands.filter(({ command }) => command.type === "read" || command.type === "write").length;
}

/** `a` holds it, `b` stands by and has seen a renewal. */
function heldByFirst(): { world: LeaseWorld; a: Candidate; b: Candidate } {
  const world = new LeaseWorld();
  const a = world.add("a", timing);
  world.until(() => holding(a));
  const b = world.add("b", timing);
  world.pass(5_000);
  return { world, a, b };
}

function writtenByHand(world: LeaseWorld, holderIdentity: string, spec: Record<string, unknown> = {}): void {
  world.edit((lease) => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace: "default", name: "model", ...lease?.metadata },
    spec: {
      leaseDurationSeconds: 15,
      renewTime: `by hand ${world.now}`,
      ...(lease?.spec as object | undefined),
      holderIdentity,
      ...spec,
    },
  }));
}

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
    a.dispatch({ type: "yield", pause: 60_000, reason: "out of the way" });
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
      else if (type === "yield") a.dispatch({ type, pause: 0, reason: "test" });
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
    expect(world.now).toBeGreaterThan(sentAt + 2_000);
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
    a.dispatch({ type: "yield", pause: 5_000, reason: "rest" });
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
    a.dispatch({ type: "yield", pause: 30_000, reason: "rest" });
    world.until(() => a.terms.length === 2);
    expect(a.term?.grantedAt).toBeGreaterThanOrEqual(begun + 30_000);
    expect(a.term?.grantedAt).toBeLessThanOrEqual(begun + 30_000 + rush + 3 * roundTrip);
  });

  test("a yield of one that does not hold is only the pause", () => {
    const { world, a, b } = heldByFirst();
    b.dispatch({ type: "yield", pause: 30_000, reason: "rest" });
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

describe("the fencing token", () => {
  test("rises with every term, also over deletions", () => {
    const { world, a, b } = heldByFirst();
    const tokens = [a.term?.token ?? 0];
    for (let round = 0; round < 12; round++) {
      const holder = holding(a) ? a : b;
      if (round % 3 === 2) world.edit(() => undefined);
      else holder.dispatch({ type: "yield", pause: 5_000, reason: "round" });
      world.until(() => !holding(holder));
      world.until(() => holding(a) || holding(b));
      tokens.push((holding(a) ? a : b).term?.token ?? 0);
    }
    expect(tokens).toEqual([...new Set(tokens)].toSorted((left, right) => left - right));
  });

  test("rises for one who never saw the term before the deletion", () => {
    const { world, a, b } = heldByFirst();
    const token = a.term?.token ?? 0;
    a.crash();
    b.crash();
    world.edit(() => undefined);
    const c = world.add("c", timing);
    world.until(() => holding(c));
    expect(c.term?.token).toBeGreaterThan(token);
  });

  test("rises over a token beyond the revision, and without an annotation begins at the revision", () => {
    const world = new LeaseWorld();
    writtenByHand(world, "");
    world.edit(
      (lease) => lease && { ...lease, metadata: { ...lease.metadata, annotations: { [tokenAnnotation]: "5000" } } },
    );
    const a = world.add("a", timing);
    world.until(() => holding(a));
    expect(a.term?.token).toBe(5_001);
    const other = new LeaseWorld();
    writtenByHand(other, "");
    const b = other.add("b", timing);
    other.until(() => holding(b));
    expect(b.term?.token).toBe(101);
  });

  test("stays the same in renewals and in the release", () => {
    const { world, a } = heldByFirst();
    a.dispatch({ type: "withdraw", reason: "shutdown" });
    world.until(() => a.withdrawnAt !== undefined);
    expect(new Set(world.commits.filter(({ identity }) => identity === "a").map(({ token }) => token)).size).toBe(1);
  });

  test("is not lowered by a deletion that the watch shows after a later read", () => {
    const world = new LeaseWorld();
    world.revision = 500;
    const a = world.add("a", timing);
    world.until(() => a.state.phase === "standby" && a.state.seen === "absent");
    a.dispatch({ type: "deleted", resourceVersion: "50" });
    world.until(() => holding(a));
    expect(a.term?.token).toBe(500);
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
      a.dispatch({ type: "yield", pause: 0, reason: "test" });
    },
    lost: (world, a) => {
      a.stopTime = () => 3_000;
      world.until(() => holding(a));
      writtenByHand(world, "other");
      world.until(() => a.state.phase === "lost");
    },
    "cooling-down": (world, a) => {
      world.until(() => holding(a));
      a.dispatch({ type: "yield", pause: 20_000, reason: "test" });
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

describe("trouble", () => {
  test("is told once, and its end", () => {
    const { world, a } = heldByFirst();
    a.partition();
    world.pass(6_000);
    a.heal();
    world.pass(3_000);
    const told = a.commands.map(({ command }) => command).filter(({ type }) => type.startsWith("trouble"));
    expect(told.map(({ type }) => type)).toEqual(["trouble", "trouble-over"]);
  });

  test("a server's wish to be left alone is respected", () => {
    const world = new LeaseWorld();
    const a = world.add("a", timing);
    const flight = a.state.flight?.id ?? 0;
    a.dispatch({ type: "failed", flight, outcome: "refused", error: "busy", retryAfter: 9_000 });
    world.until(() => a.state.flight?.kind === "read" && a.state.flight.id !== flight);
    expect(world.now).toBe(9_000);
  });
});
