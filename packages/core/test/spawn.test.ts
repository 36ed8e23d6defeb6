import { CompositionError, defineComponent } from "@tenure/core";
import { settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { Probes } from "./probe-component.ts";

describe("spawned children", () => {
  test("are supervised, restarted by themselves, and stopped before their parent", async () => {
    const probes = new Probes();
    const parent = probes.define("parent", { spawns: true, start: (context) => void context.spawn(child) });
    const child = probes.define("child");
    await using t = await startTestController({ components: [parent] });
    await t.grant();
    expect(t.phaseOf("parent/child")).toBe("running");
    probes.contextOf("child").fail(new Error("boom"));
    await t.clock.advance(1_000);
    expect(probes.journal).toEqual(["start parent", "start child", "stop child", "start child"]);
    await t.drain();
    expect(probes.journal.slice(4)).toEqual(["stop child", "stop parent"]);
    expect(t.phaseOf("parent/child")).toBeUndefined();
  });

  test("are gone when removed, and their name is free again", async () => {
    const probes = new Probes();
    const parent = probes.define("parent", { spawns: true });
    await using t = await startTestController({ components: [parent] });
    await t.grant();
    const handle = probes.contextOf("parent").spawn(probes.define("child"));
    await settled();
    await handle.remove();
    expect(t.phaseOf("parent/child")).toBeUndefined();
    probes.contextOf("parent").spawn(probes.define("child"));
    await settled();
    expect(t.phaseOf("parent/child")).toBe("running");
  });

  test("are forgotten when their work is done, and their name is free again", async () => {
    const probes = new Probes();
    const parent = probes.define("parent", { spawns: true });
    await using t = await startTestController({ components: [parent] });
    await t.grant();
    for (let round = 1; round <= 3; round++) {
      const job = probes.contextOf("parent").spawn(probes.define("job"));
      await settled();
      probes.contextOf("job").done();
      await job.remove();
      expect(t.controller.snapshot().components.map(({ name }) => name)).toEqual(["parent"]);
    }
  });

  test("have to stop within what their parent grants, with their own children and with what they need", async () => {
    const probes = new Probes();
    const dep = probes.define("dep", { stopTimeout: 3_000 });
    const parent = probes.define("parent", { stopTimeout: 1_000, spawns: { stopTimeout: 1_500 } });
    await using t = await startTestController({ components: [dep, parent] });
    await t.grant();
    const { spawn } = probes.contextOf("parent");
    expect(() => spawn(probes.define("host", { stopTimeout: 800, spawns: true }))).toThrow(
      /takes 1800 ms at most \(800 \+ 1000 for its own children\), more than the 1500 ms/,
    );
    expect(() => spawn(probes.define("wide", { spawns: { stopTimeout: 2_000 } }))).toThrow(/more than the 1500 ms/);
    expect(() => spawn(probes.define("user", { stopTimeout: 500, needs: [dep] }))).toThrow(
      /needs "dep", and to stop both takes 3500 ms at most, more than the 3000 ms that lease "leader" reckons with/,
    );
    // What is not said is what is left of what the parent grants.
    spawn(probes.define("fits", { spawns: true }));
    await settled();
    expect(t.phaseOf("parent/fits")).toBe("running");
    expect(() => probes.contextOf("fits").spawn(probes.define("deep", { stopTimeout: 1_001 }))).toThrow(/1000 ms/);
  });

  test("are not removed by the handle of an earlier one of their name", async () => {
    const probes = new Probes();
    const parent = probes.define("parent", { spawns: true });
    await using t = await startTestController({ components: [parent] });
    await t.grant();
    const { spawn } = probes.contextOf("parent");
    const first = spawn(probes.define("job"));
    await settled();
    probes.contextOf("job").done();
    await settled();
    spawn(probes.define("job"));
    await settled();
    await first.remove();
    await settled();
    expect(t.phaseOf("parent/job")).toBe("running");
  });

  test("may need what their parent needs", async () => {
    const probes = new Probes();
    const dep = probes.define("dep", { stopTimeout: 3_000 });
    const parent = probes.define("parent", { needs: [dep], spawns: true });
    await using t = await startTestController({ components: [dep, parent] });
    await t.grant();
    probes.contextOf("parent").spawn(probes.define("user", { needs: [dep] }));
    await settled();
    expect(t.phaseOf("parent/user")).toBe("running");
  });

  test("go with a parent that crashes, and are not spawned by the instance that is gone", async () => {
    const probes = new Probes();
    const parent = probes.define("parent", { spawns: true });
    await using t = await startTestController({ components: [parent] });
    await t.grant();
    const old = probes.contextOf("parent");
    old.spawn(probes.define("child"));
    old.fail(new Error("boom"));
    await t.clock.advance(1_000);
    expect(probes.journal).toEqual(["start parent", "start child", "stop child", "stop parent", "start parent"]);
    expect(() => old.spawn(probes.define("late"))).toThrow(CompositionError);
  });

  test("are not taken over by the next instance of their parent when they outlive this one, being stuck", async () => {
    const probes = new Probes();
    let end = () => {};
    const child = probes.define("child", { stop: () => new Promise<void>((resolve) => (end = resolve)) });
    const parent = probes.define("parent", { spawns: true, restart: { backoff: { base: 0 } } });
    await using t = await startTestController({ components: [parent] });
    await t.grant();
    probes.contextOf("parent").spawn(child);
    await settled();
    probes.contextOf("parent").fail(new Error("boom"));
    await t.clock.advance(1_000);
    t.assertPhases({ parent: "running", "parent/child": "stuck" });
    end();
    await settled();
    t.assertPhases({ parent: "running", "parent/child": undefined });
    expect(probes.lives.get("child")).toHaveLength(1);
  });

  test("must be declared", async () => {
    const probes = new Probes();
    await using t = await startTestController({ components: [probes.define("parent")] });
    await t.grant();
    expect(() => probes.contextOf("parent").spawn(defineComponent({ name: "x", create: () => ({}) }))).toThrow(
      /spawns/,
    );
  });

  test("a thousand of them come and go, and a crash of one is its own", async () => {
    const probes = new Probes();
    const parent = probes.define("parent", { spawns: true });
    await using t = await startTestController({ components: [parent] });
    await t.grant();
    const context = probes.contextOf("parent");
    for (let index = 0; index < 1_000; index++) context.spawn(probes.define(`c${index}`));
    await settled();
    probes.contextOf("c500").fail(new Error("boom"));
    await t.clock.advance(1_000);
    expect(probes.lives.get("c500")).toHaveLength(2);
    expect(probes.lives.get("c499")).toHaveLength(1);
    await t.take();
    expect(t.controller.snapshot().components).toHaveLength(1);
  });
});
