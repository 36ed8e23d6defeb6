import { type Component, createToken, defineComponent, definePlugin } from "@tenure/core";
import { settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { configuredGraph } from "./configured-graph.ts";
import { Probes } from "./probe-component.ts";
import { type Components, gate, nothing, started } from "./reconfigured-controller.ts";

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

  test("empties what others want of work that was done, and is to be done anew when its stop has ended", async () => {
    const stopping = gate();
    const seen: string[] = [];
    const user = defineComponent({
      name: "user",
      wants: { job: createToken<Component>("job") },
      create: (_, { job }) => ({
        start: () => void job.subscribe((current) => seen.push(current === undefined ? "empty" : "filled")),
      }),
    });
    const probes = new Probes();
    const graph = configuredGraph(probes, { "job@1": { stop: stopping.wait } });
    const change = (version: number) =>
      t.controller.reconfigure({ graph: { components: { job: { scope: "process", version } } } });
    await using t = await startTestController({ plugins: [graph.plugin()], components: [user] });
    await change(1);
    await settled();
    expect(seen.splice(0)).toEqual(["filled"]);
    probes.contextOf("job").done();
    await settled();
    expect([t.phaseOf("job"), seen]).toEqual(["stopping", []]);
    const changed = change(2);
    await settled();
    expect([t.phaseOf("job"), seen.splice(0)]).toEqual(["stopping", ["empty"]]);
    stopping.open();
    await changed;
    await settled();
    expect(seen).toEqual(["filled"]);
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

  test("ends the children of what it concerns, and starts anew who spawned one whose need it removes", async () => {
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
    // Who spawned it starts anew, and learns of what is gone when it spawns: nothing waits for it in silence.
    expect(c.news().toSorted()).toEqual(["start parent@2", "stop dep@1", "stop other", "stop parent@2"]);
    expect(c.t.phaseOf("parent/other")).toBeUndefined();
    expect(c.t.phaseOf("parent")).toBe("running");
    expect(() => c.probes.contextOf("parent").spawn(child("other"))).toThrow(/nothing provides "dep"/);
    await c.change({ parent: { spawns: true, version: 2 }, dep: {} });
    await settled();
    c.probes.contextOf("parent").spawn(child("other"));
    await settled();
    expect(c.t.phaseOf("parent/other")).toBe("running");
  });
});

describe("a token that goes from one component to another, both of which stay", () => {
  const child = (probes: Probes, token: string) =>
    defineComponent({
      name: "child",
      needs: { token: createToken<object>(token) },
      create: () => ({
        start: () => void probes.journal.push("start child"),
        stop: () => void probes.journal.push("stop child"),
      }),
    });

  test("restarts who spawned a child that needs it: the child depends on the provider that it is given", async () => {
    const parent = { spawns: true };
    await using c = await started({ parent, other: parent, a: { provides: "dns" }, b: {} });
    await c.t.grant();
    c.probes.contextOf("parent").spawn(child(c.probes, "dns"));
    c.probes.contextOf("other").spawn(child(c.probes, "b"));
    await settled();
    c.news();
    await c.change({ parent, other: parent, a: {}, b: { provides: "dns" } });
    await settled();
    const news = c.news();
    expect(news).toEqual(expect.arrayContaining(["stop parent@1", "start parent@1"]));
    // What needs a component by its name is given the same one as before.
    expect(news).not.toContain("stop other@1");
    c.probes.contextOf("parent").spawn(child(c.probes, "dns"));
    await settled();
    expect(c.t.controller.snapshot().components.find(({ name }) => name === "parent/child")?.needs).toEqual(["b"]);
    c.news();
    await c.change({ parent, other: parent, a: {}, b: { provides: "dns", version: 2 } });
    await settled();
    expect(c.news().slice(0, 3)).toEqual(["stop child", "stop child", "stop b@1"]);
  });

  test("also one that was spawned while the change was under way", async () => {
    const slow = gate();
    const parent = { spawns: true };
    await using c = await started({ parent, a: { provides: "dns" }, b: {}, c: {} }, { "c@1": { stop: slow.wait } });
    await c.t.grant();
    const changed = c.change({ parent, a: {}, b: { provides: "dns" }, c: { version: 2 } });
    await settled();
    c.news();
    c.probes.contextOf("parent").spawn(child(c.probes, "dns"));
    await settled();
    expect(c.news()).toEqual(["stop parent@1"]);
    slow.open();
    await changed;
    await settled();
    expect(c.news().filter((entry) => /parent|child/.test(entry))).toEqual(["start parent@1"]);
    expect(c.t.phaseOf("parent/child")).toBeUndefined();
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
