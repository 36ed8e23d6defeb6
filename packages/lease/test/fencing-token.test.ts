import { tokenAnnotation } from "@tenure/lease";
import { describe, expect, test } from "vitest";
import { heldByFirst, holding, timing, writtenByHand } from "./lease-scenarios.ts";
import { LeaseWorld } from "./lease-world.ts";

describe("the fencing token", () => {
  test("rises with every term, also over deletions", () => {
    const { world, a, b } = heldByFirst();
    const tokens = [a.term?.token ?? 0];
    for (let round = 0; round < 12; round++) {
      const holder = holding(a) ? a : b;
      if (round % 3 === 2) world.edit(() => undefined);
      else holder.dispatch({ type: "yield", pause: 5_000, reason: "round", because: "asked" });
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
