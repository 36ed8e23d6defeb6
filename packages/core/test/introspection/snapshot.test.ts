import { defineComponent, defineLease, type LeaseElector, type Token } from "@tenure/core";
import { FakeLease, settled, startTestController, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { Probes } from "../probe-component.ts";
import { takes } from "./timed-start.ts";

/** Fails for whatever JSON would change or leave out, `undefined` aside. */
function findLoss(value: unknown, path = "snapshot"): readonly string[] {
  if (value === undefined || value === null || typeof value === "string" || typeof value === "boolean") return [];
  if (typeof value === "number") return Number.isFinite(value) ? [] : [`${path} is ${value}`];
  if (Array.isArray(value)) return value.flatMap((item, index) => findLoss(item, `${path}[${index}]`));
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.entries(value).flatMap(([key, item]) => findLoss(item, `${path}.${key}`));
  }
  return [`${path} is no plain data`];
}

describe("a snapshot", () => {
  test("tells how long a component waited for its turn, how long its start took, and for how long it has been up", async () => {
    const clock = new VirtualClock();
    const probes = new Probes();
    const a = probes.define("a", takes(clock, 300));
    const b = probes.define("b", { needs: [a], ...takes(clock, 50) });
    await using t = await startTestController({ components: [a, b], clock });
    const times = () =>
      t.controller
        .snapshot()
        .components.map(({ name, phase, waited, took, upFor }) => ({ name, phase, waited, took, upFor }));
    expect(times()).toEqual([
      { name: "a", phase: "idle", waited: undefined, took: undefined, upFor: undefined },
      { name: "b", phase: "idle", waited: undefined, took: undefined, upFor: undefined },
    ]);
    await t.grant();
    await clock.advance(100);
    expect(times()[0]).toEqual({ name: "a", phase: "starting", waited: 0, took: 100, upFor: undefined });
    expect(times()[1]).toEqual({ name: "b", phase: "waiting", waited: undefined, took: undefined, upFor: undefined });
    await clock.advance(1_000);
    expect(times()).toEqual([
      { name: "a", phase: "running", waited: 0, took: 300, upFor: 800 },
      { name: "b", phase: "running", waited: 300, took: 50, upFor: 750 },
    ]);
    expect(t.controller.snapshot().at).toBe(clock.now());
    expect(t.controller.snapshot().process).toEqual({ state: "held", age: 1_100, live: 0 });
    await t.take();
    expect(times()[1]).toMatchObject({ phase: "idle", waited: 300, took: 50, upFor: undefined });
  });

  test("names children, wants, what it comes after, what a lease needs, and what is critical", async () => {
    const probes = new Probes();
    const connection = probes.define("connection", { scope: "process" });
    const first = probes.define("first", { critical: true });
    const parent = probes.define("parent", {
      after: [first],
      spawns: true,
      start: (context) => {
        context.spawn(
          defineComponent({ name: "x", scope: "leader", wants: { first, again: first }, create: () => ({}) }),
        );
        context.spawn(probes.define("y"));
      },
    });
    const absent: Token<object> = { name: "absent" };
    const wanting = defineComponent({
      name: "wanting",
      scope: "leader",
      needs: { first },
      wants: { parent, connection, absent },
      create: () => ({}),
    });
    const lease = new FakeLease({ name: "second", needs: { connection } });
    await using t = await startTestController({
      components: [connection, first, parent, wanting],
      leases: [lease.definition],
    });
    await t.grant();
    const { components, leases } = t.controller.snapshot();
    const edges = components.map(({ name, parent: above, children, needs, wants, after, critical }) => ({
      name,
      ...(above === undefined ? {} : { parent: above }),
      ...(critical ? { critical } : {}),
      ...Object.fromEntries(Object.entries({ children, needs, wants, after }).filter(([, names]) => names.length > 0)),
    }));
    expect(edges).toEqual([
      { name: "connection" },
      { name: "first", critical: true },
      { name: "parent", after: ["first"], children: ["parent/x", "parent/y"] },
      { name: "wanting", needs: ["first"], wants: ["parent", "connection"] },
      { name: "parent/x", parent: "parent", wants: ["first"] },
      { name: "parent/y", parent: "parent" },
    ]);
    expect(leases.map(({ name, needs }) => [name, needs])).toEqual([
      ["leader", []],
      ["second", ["connection"]],
    ]);
  });

  test("is JSON without a loss, in every situation", async () => {
    const probes = new Probes();
    const parent = probes.define("parent", {
      spawns: true,
      start: (context) => void context.spawn(probes.define("x")),
    });
    const bad = probes.define("bad", {
      restart: { mode: "never" },
      start: () => {
        throw new Error("no");
      },
    });
    const sick = probes.define("sick", { healthy: () => ({ ok: false, detail: "the pool is empty" }) });
    const late = probes.define("late", { needs: [bad] });
    await using t = await startTestController({ components: [parent, bad, sick, late] });
    const check = () => {
      const snapshot = t.controller.snapshot();
      expect(findLoss(snapshot)).toEqual([]);
      expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
      return snapshot;
    };
    check();
    await t.grant();
    await t.clock.advance(10_000);
    const held = check();
    expect(held.components.map(({ phase }) => phase)).toEqual(["running", "failed", "degraded", "waiting", "running"]);
    // The fake lease does not end by itself: that is not a number.
    expect(held.leases[0]?.term).toEqual({ number: 1, token: 1, held: true, remaining: undefined });
    await t.take();
    check();
    void t.controller.stop();
    await settled();
    check();
  });

  test("of a lease that ends unless it is renewed has the time that is left", async () => {
    const clock = new VirtualClock();
    const timing = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000, safetyMargin: 1_000 };
    const granting: Partial<LeaseElector> = {
      campaign: (listener) =>
        queueMicrotask(() =>
          listener.granted({ number: 1, token: 7, validity: { number: 1, deadline: clock.now() + 14_000 } }),
        ),
    };
    const short = defineLease({
      name: "short",
      timing,
      create: () => Object.assign(new FakeLease({ timing }), granting),
    });
    const t = await startTestController({ leases: [short], clock });
    await clock.advance(4_000);
    expect(t.controller.snapshot().leases.find(({ name }) => name === "short")).toMatchObject({
      state: "held",
      age: 4_000,
      term: { number: 1, token: 7, held: true, remaining: 10_000 },
    });
  });
});
