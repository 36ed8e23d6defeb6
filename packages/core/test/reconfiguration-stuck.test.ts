import { defineComponent } from "@tenure/core";
import { settled } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { gate, started } from "./reconfigured-controller.ts";

const refusal = (change: Promise<unknown>) =>
  change.then(
    () => "it holds",
    (error: unknown) => error,
  );

describe("a change for which a component must stop that does not", () => {
  test("is dropped when that is stuck: what was stopped starts again by its old definition", async () => {
    const never = gate();
    await using c = await started({ a: {}, b: {} }, { "a@1": { stop: never.wait } });
    await c.t.grant();
    c.news();
    const changed = refusal(c.change({ a: { version: 2 }, b: { version: 2 }, added: {} }));
    await c.t.clock.advance(999);
    expect(c.news()).toEqual(["stop a@1", "stop b@1"]);
    await c.t.clock.advance(1);
    expect(await changed).toMatchObject({
      code: "TENURE_CHANGE_STUCK",
      message: expect.stringContaining('the stop of "a" has not settled'),
    });
    expect([c.t.phaseOf("a"), c.t.phaseOf("b"), c.t.phaseOf("added")]).toEqual(["stuck", "running", undefined]);
    expect(c.news()).toEqual(["start b@1"]);
    never.open();
    await settled();
    expect(c.news()).toEqual(["start a@1"]);
    await c.change({ a: { version: 2 }, b: { version: 2 }, added: {} });
    await settled();
    expect(c.news().toSorted()).toEqual(["start a@2", "start added@1", "start b@2", "stop a@1", "stop b@1"]);
  });

  test("keeps no later one waiting, and that is refused at once where it concerns the same component", async () => {
    const never = gate();
    await using c = await started({ a: {}, b: {} }, { "a@1": { stop: never.wait } });
    await c.t.grant();
    const first = refusal(c.change({ a: { version: 2 }, b: {} }));
    const second = c.change({ a: {}, b: { version: 2 } });
    await c.t.clock.advance(1_000);
    expect(await first).toMatchObject({ code: "TENURE_CHANGE_STUCK" });
    expect((await second).changed).toEqual(["b"]);
    await settled();
    c.news();
    expect(await refusal(c.change({ a: { version: 2 }, b: { version: 3 } }))).toMatchObject({
      code: "TENURE_CHANGE_STUCK",
    });
    expect(await refusal(c.change({ b: { version: 2 } }))).toMatchObject({ code: "TENURE_CHANGE_STUCK" });
    await settled();
    expect(c.news()).toEqual([]);
    expect((await c.change({ a: {}, b: { version: 3 } })).changed).toEqual(["b"]);
    await settled();
    expect(c.news()).toEqual(["stop b@2", "start b@3"]);
  });

  test("names a start that hangs, and all who hang", async () => {
    const never = gate();
    await using c = await started({ a: {}, b: {} }, { "a@1": { start: never.wait }, "b@1": { stop: never.wait } });
    await c.t.grant();
    const changed = refusal(c.change({ a: { version: 2 }, b: { version: 2 } }));
    await c.t.clock.advance(1_000);
    expect(await changed).toMatchObject({
      message: expect.stringMatching(/the start of "a" has not settled|the stop of "b" has not settled/),
    });
    expect(await refusal(c.change({ a: { version: 2 }, b: { version: 2 } }))).toMatchObject({
      message: expect.stringContaining('the start of "a" has not settled, the stop of "b" has not settled within'),
    });
  });

  test("is dropped for a child that is stuck, once its parent has stopped, and at once when it is stuck already", async () => {
    const never = gate();
    await using c = await started({ parent: { spawns: true, stopTimeout: 2_000 }, b: {} });
    await c.t.grant();
    const child = defineComponent({ name: "child", stopTimeout: 500, create: () => ({ stop: never.wait }) });
    c.probes.contextOf("parent").spawn(child);
    await settled();
    c.news();
    const next = { parent: { spawns: true, stopTimeout: 2_000, version: 2 }, b: { version: 2 } };
    const changed = refusal(c.change(next));
    await c.t.clock.advance(500);
    expect(await changed).toMatchObject({ message: expect.stringContaining('the stop of "parent/child"') });
    await settled();
    expect(c.news()).toEqual(["stop b@1", "stop parent@1", "start parent@1", "start b@1"]);
    expect(await refusal(c.change(next))).toMatchObject({ message: expect.stringContaining('"parent/child"') });
    expect(c.news()).toEqual([]);
    never.open();
    await settled();
    await c.change(next);
    await settled();
    expect(c.news().slice(-2).toSorted()).toEqual(["start b@2", "start parent@2"]);
  });

  test("gives what had failed for good, or was done, another chance when it is dropped, as it would have when it held", async () => {
    const never = gate();
    let fails = true;
    const failing = () => {
      if (fails) throw new Error("not now");
    };
    const b = { restart: { mode: "never" } } as const;
    await using c = await started(
      { a: {}, b, job: {}, user: { needs: ["job"] } },
      { "a@1": { stop: never.wait }, "b@1": { start: failing } },
    );
    await c.t.grant();
    c.probes.contextOf("job").done();
    await settled();
    fails = false;
    expect([c.t.phaseOf("b"), c.t.phaseOf("job")]).toEqual(["failed", "idle"]);
    const next = { a: { version: 2 }, b: { ...b, version: 2 }, job: { version: 2 }, user: { needs: ["job"] } };
    const changed = refusal(c.change(next));
    await c.t.clock.advance(1_000);
    expect(await changed).toMatchObject({ code: "TENURE_CHANGE_STUCK" });
    await settled();
    expect(["a", "b", "job", "user"].map((name) => c.t.phaseOf(name))).toEqual([
      "stuck",
      "running",
      "running",
      "running",
    ]);
  });

  test("of which a lease is concerned leaves the lease alone when it is stuck already", async () => {
    const never = gate();
    const components = { x: { scope: "second" } };
    await using c = await started({}, { "x@1": { stop: never.wait } });
    await c.change(components, { leases: { second: {} } });
    const lease = c.graph.leases.get("second")!;
    lease.grant();
    await settled();
    c.probes.contextOf("x").fail(new Error("boom"));
    await c.t.clock.advance(1_000);
    expect(c.t.phaseOf("x")).toBe("stuck");
    const changed = await refusal(c.change(components, { leases: { second: { retryPeriod: 1_000 } } }));
    expect(changed).toMatchObject({ code: "TENURE_CHANGE_STUCK", message: expect.stringContaining('"x"') });
    expect(lease.calls).toEqual(["campaign"]);
    never.open();
    await settled();
  });

  test("does not wait for a dependent that is stuck: that is started by what it is defined as then", async () => {
    const never = gate();
    await using c = await started({ a: {}, b: { needs: ["a"] } }, { "b@1": { stop: never.wait } });
    await c.t.grant();
    c.news();
    const changed = c.change({ a: { version: 2 }, b: { needs: ["a"] } });
    await c.t.clock.advance(1_000);
    expect((await changed).changed).toEqual(["a"]);
    await settled();
    expect(c.news()).toEqual(["stop b@1", "stop a@1", "start a@2"]);
    never.open();
    await settled();
    expect(c.news()).toEqual(["start b@1"]);
  });
});
