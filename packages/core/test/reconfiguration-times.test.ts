import { CompositionError, createController, silentLogger } from "@tenure/core";
import { settled, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { configuredGraph } from "./configured-graph.ts";
import { Probes } from "./probe-component.ts";
import { type Components, gate, started } from "./reconfigured-controller.ts";

describe("a change of a lease", () => {
  test("tells the elector of a chain of stops that has become longer or shorter", async () => {
    await using c = await started({ a: {}, b: { needs: ["a"] } });
    await c.t.grant();
    const budget = () => c.t.controller.snapshot().leases[0]?.stopBudget;
    expect(budget()).toBe(2_000);
    await c.change({ a: { stopTimeout: 5_000 }, b: { needs: ["a"] } });
    expect(c.t.lease.calls).toEqual(["campaign", "stop budget 6000"]);
    expect(c.t.controller.snapshot().leases[0]).toMatchObject({ stopBudget: 6_000, drainPoint: 8_000 });
    await c.change({ a: { stopTimeout: 5_000 }, b: {} });
    expect(c.t.lease.calls.at(-1)).toBe("stop budget 5000");
    await c.change({ a: { stopTimeout: 5_000, version: 2 }, b: {} });
    expect(c.t.lease.calls).toHaveLength(3);
  });

  test("can be looked at from inside every event of its removal", async () => {
    await using c = await started({});
    await c.change({ x: { scope: "second" } }, { leases: { second: {} } });
    c.graph.leases.get("second")!.grant();
    await settled();
    const looks: string[][] = [];
    const look = () => looks.push(c.t.controller.snapshot().leases.map(({ name }) => name));
    for (const event of ["component.phase", "lease.draining", "lease.ended", "lease.drained"] as const) {
      c.t.controller.on(event, look);
    }
    await c.change({ y: { version: 2 } });
    await c.t.grant();
    expect(looks.length).toBeGreaterThan(4);
    expect(looks[0]).toContain("second");
    expect(looks.at(-1)).toEqual(["leader"]);
  });

  test("whose timing is another withdraws it, once nothing runs under it, and campaigns for it anew", async () => {
    await using c = await started({});
    const components: Components = { x: { scope: "second" } };
    await c.change(components, { leases: { second: {} } });
    const first = c.graph.leases.get("second")!;
    await c.t.grant();
    first.grant();
    await settled();
    expect(c.news()).toEqual(["start bystander", "start x@1"]);
    const slow = gate();
    const released: string[] = [];
    c.t.controller.on("lease.ended", ({ lease, term }) => released.push(`${lease} ${term}`));
    const change = await c.change(components, { leases: { second: { retryPeriod: 1_000 } } });
    slow.open();
    expect(change).toEqual({ added: [], changed: ["second"], removed: [] });
    expect(first.calls).toEqual(["campaign", "withdraw", "drained 1"]);
    expect(released).toEqual(["second 1"]);
    await settled();
    expect(c.news()).toEqual(["stop x@1"]);
    const second = c.graph.leases.get("second")!;
    expect(second).not.toBe(first);
    expect(second.calls).toEqual(["campaign"]);
    second.grant();
    await settled();
    expect(c.news()).toEqual(["start x@1"]);
    const snapshot = c.t.controller.snapshot().leases.find(({ name }) => name === "second");
    expect(snapshot?.term).toMatchObject({ number: 2, held: true });
    expect(c.t.lease.calls).toEqual(["campaign"]);
  });

  test("adds a lease with its components, and removes both", async () => {
    await using c = await started({ a: {} });
    await c.t.grant();
    c.news();
    const components: Components = { a: {}, x: { scope: "second", needs: ["y"] }, y: { scope: "process" } };
    expect(await c.change(components, { leases: { second: {} } })).toEqual({
      added: ["second", "y", "x"],
      changed: [],
      removed: [],
    });
    const lease = c.graph.leases.get("second")!;
    lease.grant();
    await settled();
    expect(c.news()).toEqual(["start y@1", "start x@1"]);
    expect(await c.change({ a: {} })).toEqual({ added: [], changed: [], removed: ["second", "y", "x"] });
    expect(c.news().sort()).toEqual(["stop x@1", "stop y@1"]);
    expect(lease.calls).toEqual(["campaign", "withdraw", "drained 1"]);
    expect(c.t.controller.snapshot().leases.map(({ name }) => name)).toEqual(["leader"]);
  });
});

describe("a change at another time", () => {
  test("before the start: only the new one is ever started", async () => {
    const probes = new Probes();
    const graph = configuredGraph(probes);
    const controller = await createController({
      plugins: [graph.plugin()],
      logger: silentLogger,
      clock: new VirtualClock(),
      config: { graph: { components: { a: { scope: "process" } } } },
    });
    await controller.reconfigure({ graph: { components: { a: { scope: "process", version: 2 } } } });
    controller.start();
    await settled();
    expect(probes.journal).toEqual(["start a@2"]);
    await controller.stop();
  });

  test("on standby: holds at once, and the next term has it", async () => {
    await using c = await started({ a: {} });
    await c.change({ a: { version: 2 } });
    expect(c.news()).toEqual([]);
    await c.t.grant();
    expect(c.news().sort()).toEqual(["start bystander", "start a@2"].sort());
  });

  test("while draining: the stop goes on, and the next term has it", async () => {
    const slow = gate();
    await using c = await started({ a: {} }, { "a@1": { stop: slow.wait } });
    await c.t.grant();
    await c.t.drain();
    c.news();
    const changed = c.change({ a: { version: 2 } });
    await settled();
    expect(c.t.phaseOf("a")).toBe("stopping");
    slow.open();
    expect((await changed).changed).toEqual(["a"]);
    await c.t.grant();
    expect(c.news().sort()).toEqual(["start a@2", "start bystander"].sort());
  });

  test("the lease is lost meanwhile: it holds when the stop has ended, and the next term has it", async () => {
    const slow = gate();
    await using c = await started({ a: {} }, { "a@1": { stop: slow.wait } });
    await c.t.grant();
    const changed = c.change({ a: { version: 2 } });
    await settled();
    await c.t.take();
    c.news();
    slow.open();
    await changed;
    await settled();
    expect(c.news()).toEqual([]);
    await c.t.grant();
    expect(c.news().sort()).toEqual(["start a@2", "start bystander"].sort());
  });

  test("a dependency crashes meanwhile: the change holds, and all of it starts when that has come back", async () => {
    const slow = gate();
    await using c = await started({ dep: {}, a: { needs: ["dep"] } }, { "a@1": { stop: slow.wait } });
    await c.t.grant();
    const changed = c.change({ dep: {}, a: { needs: ["dep"], version: 2 } });
    await settled();
    c.probes.contextOf("dep").fail(new Error("boom"));
    slow.open();
    await changed;
    c.news();
    await c.t.clock.advance(1_000);
    expect(c.news()).toEqual(["start dep@1", "start a@2"]);
  });

  test("another change under way: both are taken, one after the other, and a wrong one between them is nobody else's", async () => {
    const slow = gate();
    await using c = await started({ a: {}, b: {} }, { "a@1": { stop: slow.wait } });
    await c.t.grant();
    c.news();
    const first = c.change({ a: { version: 2 }, b: {} });
    const wrong = c.change({ a: { needs: ["nowhere"] }, b: {} });
    const second = c.change({ a: { version: 3 }, b: { version: 3 } });
    await settled();
    expect(c.news()).toEqual(["stop a@1"]);
    slow.open();
    await expect(wrong).rejects.toThrow(CompositionError);
    expect((await first).changed).toEqual(["a"]);
    expect((await second).changed).toEqual(["a", "b"]);
    await settled();
    expect(c.news()).toEqual(["start a@2", "stop a@2", "stop b@1", "start b@3", "start a@3"]);
  });

  test("the shutdown has begun, or is over: it is refused", async () => {
    const slow = gate();
    await using c = await started({ a: {} }, { "a@1": { stop: slow.wait } });
    await c.t.grant();
    const stopped = c.t.controller.stop();
    await expect(c.change({ a: { version: 2 } })).rejects.toMatchObject({ code: "TENURE_SHUTTING_DOWN" });
    slow.open();
    await stopped;
    await expect(c.change({ a: { version: 2 } })).rejects.toMatchObject({ code: "TENURE_SHUTTING_DOWN" });
    expect(c.news().filter((entry) => entry.includes("@2"))).toEqual([]);
  });

  test("the shutdown begins while it is under way: it is refused, and nothing is started any more", async () => {
    const slow = gate();
    await using c = await started({ a: {}, b: {} }, { "a@1": { stop: slow.wait } });
    await c.t.grant();
    const changed = c.change({ a: { version: 2 }, b: {} }).catch((error: unknown) => error);
    const waiting = c.change({ a: { version: 3 }, b: {} }).catch((error: unknown) => error);
    await settled();
    c.news();
    const stopped = c.t.controller.stop();
    slow.open();
    await stopped;
    expect(await changed).toMatchObject({ code: "TENURE_SHUTTING_DOWN" });
    expect(await waiting).toMatchObject({ code: "TENURE_SHUTTING_DOWN" });
    expect(c.news().sort()).toEqual(["stop b@1", "stop bystander"].sort());
  });
});
