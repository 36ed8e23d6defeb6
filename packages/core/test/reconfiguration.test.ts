import {
  type Component,
  CompositionError,
  createController,
  createToken,
  defineComponent,
  definePlugin,
  silentLogger,
} from "@tenure/core";
import { settled, startTestController, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Behaviour, type ConfiguredComponent, configuredGraph } from "./configured-graph.ts";
import { Probes } from "./probe-component.ts";

type Components = Record<string, ConfiguredComponent>;

/** A controller whose graph is its configuration. */
async function started(components: Components, behaviour: Readonly<Record<string, Behaviour>> = {}) {
  const probes = new Probes();
  const graph = configuredGraph(probes, behaviour);
  const bystander = probes.define("bystander");
  const t = await startTestController({
    plugins: [graph.plugin()],
    components: [bystander],
    config: { graph: { components } },
  });
  return {
    t,
    probes,
    graph,
    /** What has happened since it was asked for last. */
    news: () => probes.journal.splice(0),
    change: (next: Components, more: object = {}) => t.controller.reconfigure({ graph: { components: next, ...more } }),
    [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
  };
}

const nothing = { added: [], changed: [], removed: [] };

/** A promise that a test settles, for starts and stops that take as long as it wants. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: () => promise, open: resolve };
}

describe("a change of the configuration while the lease is held", () => {
  test("restarts what it concerns and its dependents, and nothing more", async () => {
    await using c = await started({
      base: {},
      a: { needs: ["base"] },
      b: { needs: ["a"] },
      sibling: { needs: ["base"] },
    });
    await c.t.grant();
    c.news();
    const change = await c.change({
      base: {},
      a: { needs: ["base"], version: 2 },
      b: { needs: ["a"] },
      sibling: { needs: ["base"] },
    });
    expect(change).toEqual({ added: [], changed: ["a"], removed: [] });
    await settled();
    expect(c.news()).toEqual(["stop b@1", "stop a@1", "start a@2", "start b@1"]);
    expect(c.t.lease.calls).toEqual(["campaign"]);
  });

  test("that is equal, or differs in a default only, changes nothing and asks no plugin", async () => {
    await using c = await started({ a: {} });
    await c.t.grant();
    c.news();
    expect(await c.change({ a: {} })).toEqual(nothing);
    expect(await c.change({ a: { version: 1, scope: "leader", needs: [] } })).toEqual(nothing);
    await settled();
    expect(c.news()).toEqual([]);
    expect(c.graph.contributions).toBe(1);
  });

  test("restarts all of a plugin that does not say on what its components depend, and asks no other plugin", async () => {
    const probes = new Probes();
    let asked = 0;
    const make = (name: string) =>
      definePlugin({
        name,
        config: z.object({ size: z.number().default(1) }),
        contribute: () => {
          asked++;
          return { components: [probes.define(`${name}-1`), probes.define(`${name}-2`)] };
        },
      });
    await using t = await startTestController({ plugins: [make("p")(), make("q")()] });
    await t.grant();
    probes.journal.length = 0;
    const change = await t.controller.reconfigure({ p: { size: 2 } });
    await settled();
    expect(change.changed).toEqual(["p-1", "p-2"]);
    expect(probes.journal.slice(0, 2)).toEqual(["stop p-1", "stop p-2"]);
    expect(probes.journal.slice(2, 4).sort()).toEqual(["start p-1", "start p-2"]);
    expect(probes.journal).toHaveLength(4);
    expect(asked).toBe(3);
  });

  test("restarts a component of which something else is declared than before", async () => {
    await using c = await started({ a: {}, b: {} });
    await c.t.grant();
    c.news();
    expect((await c.change({ a: { startTimeout: 5 }, b: {} })).changed).toEqual(["a"]);
    await settled();
    expect(c.news()).toEqual(["stop a@1", "start a@1"]);
  });

  test("adds components in their order, and removes them in theirs", async () => {
    await using c = await started({ a: {} });
    await c.t.grant();
    c.news();
    const added = await c.change({ a: {}, y: { needs: ["x"] }, x: { needs: ["a"] } });
    expect(added).toEqual({ added: ["x", "y"], changed: [], removed: [] });
    await settled();
    expect(c.news()).toEqual(["start x@1", "start y@1"]);
    const removed = await c.change({ a: {} });
    expect(removed).toEqual({ added: [], changed: [], removed: ["x", "y"] });
    expect(c.news()).toEqual(["stop y@1", "stop x@1"]);
    expect(c.t.phaseOf("x")).toBeUndefined();
  });

  test("takes an edge away without which both go on as before, but for the one that had it", async () => {
    await using c = await started({ a: {}, b: { needs: ["a"] } });
    await c.t.grant();
    c.news();
    expect((await c.change({ a: {}, b: {} })).changed).toEqual(["b"]);
    await settled();
    expect(c.news()).toEqual(["stop b@1", "start b@1"]);
    await c.change({ a: { version: 2 }, b: {} });
    await settled();
    expect(c.news()).toEqual(["stop a@1", "start a@2"]);
  });

  test("turns an edge round", async () => {
    await using c = await started({ a: {}, b: { needs: ["a"] } });
    await c.t.grant();
    c.news();
    await c.change({ a: { needs: ["b"] }, b: {} });
    await settled();
    expect(c.news()).toEqual(["stop b@1", "stop a@1", "start b@1", "start a@1"]);
  });

  test("gives a token another provider, and restarts who needs it", async () => {
    await using c = await started({ old: { provides: "dns" }, other: {}, user: { needs: ["dns"] } });
    await c.t.grant();
    c.news();
    await c.change({ old: {}, other: { provides: "dns" }, user: { needs: ["dns"] } });
    await settled();
    expect(c.news().filter((entry) => entry.includes("user"))).toEqual(["stop user@1", "start user@1"]);
    await c.change({ old: {}, other: { provides: "dns", version: 2 }, user: { needs: ["dns"] } });
    await settled();
    expect(c.news()).toEqual(["stop user@1", "stop other@1", "start other@2", "start user@1"]);
  });

  test("fills, empties and moves what others want of it, without restarting them", async () => {
    const seen: string[] = [];
    const user = defineComponent({
      name: "user",
      wants: { dns: createToken<Component>("dns") },
      create: (_, { dns }) => {
        dns.subscribe((current) => seen.push(current === undefined ? "empty" : `filled ${dns.current === current}`));
        return { start: () => void seen.push("start") };
      },
    });
    const graph = configuredGraph(new Probes());
    const change = (components: Components) => t.controller.reconfigure({ graph: { components } });
    await using t = await startTestController({ plugins: [graph.plugin()], components: [user] });
    const scope = "process";
    await change({ a: { scope, provides: "dns" }, b: { scope } });
    await settled();
    expect(seen.splice(0)).toEqual(["start", "filled true"]);
    await change({ a: { scope }, b: { scope, provides: "dns" } });
    await settled();
    expect(seen.splice(0).at(-1)).toBe("filled true");
    await change({ a: { scope }, b: { scope, provides: "dns", version: 2 } });
    await settled();
    expect(seen.splice(0).at(-1)).toBe("filled true");
    await change({ a: { scope, version: 2 }, b: { scope, provides: "dns", version: 2 } });
    await settled();
    expect(seen.splice(0)).toEqual([]);
    await change({ a: { scope } });
    await settled();
    expect(seen).toEqual(["empty"]);
  });

  test("moves a component from one scope to another", async () => {
    await using c = await started({ a: { scope: "leader" } });
    await c.t.grant();
    c.news();
    await c.change({ a: { scope: "process" } });
    await c.t.take();
    expect(c.news()).toEqual(["stop a@1", "start a@1", "stop bystander"]);
    await c.change({ a: { scope: "leader" } });
    await settled();
    expect(c.news()).toEqual(["stop a@1"]);
    await c.t.grant();
    expect(c.news().sort()).toEqual(["start a@1", "start bystander"]);
  });

  test("gives a component that has failed for good another chance", async () => {
    const failing = {
      start: () => {
        throw new Error("bad configuration");
      },
    };
    const restart = { mode: "never" } as const;
    await using c = await started({ a: {}, b: { restart } }, { "a@1": failing, "b@1": failing });
    await c.t.grant();
    expect([c.t.phaseOf("a"), c.t.phaseOf("b")]).toEqual(["backoff", "failed"]);
    c.news();
    await c.change({ a: { version: 2 }, b: { version: 2, restart } });
    await settled();
    expect([c.t.phaseOf("a"), c.t.phaseOf("b")]).toEqual(["running", "running"]);
    expect(c.news().sort()).toEqual(["start a@2", "start b@2"]);
    await c.t.clock.advance(60_000);
    expect(c.news()).toEqual([]);
  });

  test("waits for a start that is pending, and starts nothing of the old definition after it", async () => {
    const slow = gate();
    await using c = await started({ a: {}, b: { needs: ["a"] } }, { "a@1": { start: slow.wait } });
    await c.t.grant();
    const changed = c.change({ a: { version: 2 }, b: { needs: ["a"], version: 2 } });
    await settled();
    expect(c.t.phaseOf("a")).toBe("stopping");
    slow.open();
    await changed;
    await settled();
    expect(c.news().filter((entry) => !entry.includes("bystander"))).toEqual([
      "start a@1",
      "stop a@1",
      "start a@2",
      "start b@2",
    ]);
  });

  test("starts nothing of it before all of it has stopped", async () => {
    const slow = gate();
    await using c = await started({ a: {}, b: {} }, { "a@1": { stop: slow.wait } });
    await c.t.grant();
    c.news();
    const changed = c.change({ a: { version: 2 }, b: { version: 2 } });
    await settled();
    expect(c.news()).toEqual(["stop a@1", "stop b@1"]);
    slow.open();
    await changed;
    await settled();
    expect(c.news()).toEqual(["start a@2", "start b@2"]);
  });

  test("ends the children of what it concerns, and those whose need it removes", async () => {
    await using c = await started({ parent: { spawns: true }, dep: {} });
    await c.t.grant();
    const child = (name: string) =>
      defineComponent({
        name,
        needs: { dep: { name: "dep" } },
        create: () => ({ stop: () => void c.probes.journal.push(`stop ${name}`) }),
      });
    c.probes.contextOf("parent").spawn(child("child"));
    await settled();
    expect(c.t.phaseOf("parent/child")).toBe("running");
    c.news();
    await c.change({ parent: { spawns: true, version: 2 }, dep: {} });
    await settled();
    expect(c.news()).toEqual(["stop child", "stop parent@1", "start parent@2"]);
    expect(c.t.phaseOf("parent/child")).toBeUndefined();
    c.probes.contextOf("parent").spawn(child("other"));
    await settled();
    c.news();
    await c.change({ parent: { spawns: true, version: 2 } });
    await settled();
    expect(c.news()).toEqual(["stop other", "stop dep@1"]);
    expect(c.t.phaseOf("parent/other")).not.toBe("running");
    await c.change({ parent: { spawns: true, version: 2 }, dep: {} });
    await settled();
    expect(c.t.exited).toBeUndefined();
  });
});

describe("a change that is wrong", () => {
  const good: Components = { a: {}, b: { needs: ["a"] } };

  test.each<[string, object, string]>([
    ["a value that the schema refuses", { components: { a: { version: "x" } } }, "TENURE_CONFIG_INVALID"],
    ["an option that there is not", { component: {} }, "TENURE_CONFIG_UNKNOWN_KEY"],
    ["a plugin that fails", { components: {}, fails: true }, "TENURE_PLUGIN_FAILED"],
    ["a need that nothing provides", { components: { b: { needs: ["a"] } } }, "TENURE_MISSING_PROVIDER"],
    ["a cycle", { components: { a: { needs: ["b"] }, b: { needs: ["a"] } } }, "TENURE_CYCLE"],
    ["a scope that there is not", { components: { a: { scope: "nowhere" } } }, "TENURE_UNKNOWN_SCOPE"],
    [
      "a scope that is crossed",
      { components: { a: {}, b: { scope: "process", needs: ["a"] } } },
      "TENURE_SCOPE_CROSSED",
    ],
    ["a name that is taken", { components: { bystander: {} } }, "TENURE_DUPLICATE_NAME"],
    ["a lease's name that is taken", { leases: { leader: {} } }, "TENURE_DUPLICATE_NAME"],
    ["a token of two", { components: { a: {}, c: { provides: "a" } } }, "TENURE_AMBIGUOUS_PROVIDER"],
    ["a wrong option", { components: { a: { stopTimeout: -1 } } }, "TENURE_BAD_OPTION"],
    ["a bad name", { components: { "a/b": {} } }, "TENURE_BAD_NAME"],
    ["a chain of stops that is too long", { components: { a: { stopTimeout: 12_000 } } }, "TENURE_STOP_CHAIN_TOO_LONG"],
  ])("%s is refused whole, and the old one goes on", async (_, graph, code) => {
    await using c = await started(good);
    await c.t.grant();
    c.news();
    const before = c.t.controller.snapshot();
    const error = await c.t.controller.reconfigure({ graph: graph as never }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CompositionError);
    expect((error as CompositionError).problems.map((problem) => problem.code)).toEqual([code]);
    await settled();
    expect(c.news()).toEqual([]);
    expect(c.t.controller.snapshot()).toEqual(before);
    // The old definitions are still those that are compared with.
    expect(await c.change(good)).toEqual(nothing);
    await c.change({ ...good, b: { needs: ["a"], version: 2 } });
    await settled();
    expect(c.news()).toEqual(["stop b@1", "start b@2"]);
  });

  test("a section that no plugin has is refused", async () => {
    await using c = await started(good);
    await expect(c.t.controller.reconfigure({ grahp: {} })).rejects.toThrow(/did you mean "graph"/);
  });
});

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

  test("a stop of it never ends: it is stuck by name, the change waits, and nothing of it is started", async () => {
    const never = gate();
    await using c = await started({ a: {}, b: {} }, { "a@1": { stop: never.wait } });
    await c.t.grant();
    c.news();
    void c.change({ a: { version: 2 }, b: { version: 2 } }).catch(() => {});
    await c.t.clock.advance(1_000);
    expect(c.t.phaseOf("a")).toBe("stuck");
    expect(c.news()).toEqual(["stop a@1", "stop b@1"]);
    never.open();
    await settled();
    expect(c.news()).toEqual(["start a@2", "start b@2"]);
  });
});

describe("many changes", () => {
  test("a hundred of them leave one instance and no timer behind", async () => {
    await using c = await started({ a: {}, b: { needs: ["a"] } });
    await c.t.grant();
    const timers = c.t.clock.pending;
    for (let version = 2; version <= 100; version++) await c.change({ a: { version }, b: { needs: ["a"] } });
    await settled();
    expect(c.t.clock.pending).toBe(timers);
    expect(c.news().slice(-2)).toEqual(["start a@100", "start b@1"]);
  });
});
