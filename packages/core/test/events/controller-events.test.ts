import { type ComponentContext, type ControllerEvent, createController, type Gap, silentLogger } from "@tenure/core";
import { settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { currentInstance } from "../../src/supervisor/instance-context.ts";
import { Probes } from "../probe-component.ts";

async function collect(events: AsyncIterable<ControllerEvent | Gap>): Promise<(ControllerEvent | Gap)[]> {
  const collected: (ControllerEvent | Gap)[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

function short(event: ControllerEvent | Gap): string {
  switch (event.type) {
    case "gap":
      return `gap of ${event.missed}`;
    case "component.phase":
      return `${event.component} ${event.to}`;
    case "stopped":
      return `stopped ${event.exitCode}`;
    default:
      return `${event.lease} ${event.type.slice("lease.".length)}`;
  }
}

describe("the events of a controller, by an async iterator", () => {
  test("tell a whole run in order, numbered, with the times of the controller's clock, and end with the stop", async () => {
    const probes = new Probes();
    const t = await startTestController({ components: [probes.define("a")] });
    const reading = collect(t.controller.events());
    await t.grant();
    await t.clock.advance(250);
    await t.take();
    await t.controller.stop();
    const events = await reading;
    expect(events.map(short)).toEqual([
      "leader granted",
      "a waiting",
      "a starting",
      "a running",
      "leader ended",
      "a stopping",
      "a idle",
      "leader drained",
      "stopped 0",
    ]);
    const numbered = events.filter((event) => event.type !== "gap");
    const first = numbered[0]!.sequence;
    expect(numbered.map(({ sequence }) => sequence - first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(numbered.map(({ at }) => at - 1_000_000)).toEqual([0, 0, 0, 0, 250, 250, 250, 250, 250]);
  });

  test("are plain data", async () => {
    const probes = new Probes();
    const t = await startTestController({ components: [probes.define("a")] });
    const reading = collect(t.controller.events());
    await t.grant();
    await t.controller.stop();
    const events = await reading;
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
    expect(events.find((event) => event.type === "component.phase")).toEqual({
      type: "component.phase",
      sequence: expect.any(Number),
      at: 1_000_000,
      component: "a",
      from: "idle",
      to: "waiting",
      reason: { code: "scope-opened", text: "its turn has not come yet" },
      instance: 0,
      term: 0,
    });
  });

  test("listeners are given exactly what is declared of an event", async () => {
    const probes = new Probes();
    await using t = await startTestController({ components: [probes.define("a")] });
    const given: object[] = [];
    t.controller.on("component.phase", (event) => given.push(event));
    t.controller.on("component.starting", (event) => given.push(event));
    await t.grant();
    const keys = ["component", "from", "instance", "reason", "term", "to"];
    expect(given.map((event) => Object.keys(event).sort())).toEqual([keys, keys, keys, keys]);
  });

  test("of several readers each gets all, the slow one with its gap", async () => {
    const probes = new Probes();
    const t = await startTestController({ components: [probes.define("a")] });
    const fast = collect(t.controller.events());
    const slow = t.controller.events({ capacity: 2 });
    const early = t.controller.events();
    await t.grant();
    expect((await early.next()).value).toMatchObject({ type: "lease.granted" });
    await early.return();
    await t.controller.stop();
    const all = await fast;
    expect(all).toHaveLength(10);
    const rest = await collect(slow);
    expect(rest[0]).toEqual({ type: "gap", missed: 8 });
    expect(rest.slice(1)).toEqual(all.slice(-2));
  });

  test("a thousand components that start at once fit into the default capacity, without a turn in between", async () => {
    const probes = new Probes();
    const t = await startTestController({
      components: Array.from({ length: 1_000 }, (_, index) => probes.define(`c${index}`)),
    });
    const events = t.controller.events();
    await t.grant();
    expect((await events.next()).value).toMatchObject({ type: "lease.granted" });
    await events.return();
    await t.controller.stop();
  });

  test("a reader that never reads keeps no more than its capacity", async () => {
    const probes = new Probes();
    const t = await startTestController({ components: [probes.define("a")] });
    const idle = t.controller.events({ capacity: 5 });
    for (let term = 0; term < 200; term++) {
      await t.grant();
      await t.take();
    }
    await t.controller.stop();
    const rest = await collect(idle);
    expect(rest).toHaveLength(6);
    expect(rest[0]).toMatchObject({ type: "gap" });
    expect(short(rest.at(-1)!)).toBe("stopped 0");
  });

  test("end at once after the stop, also of a controller that was never started", async () => {
    const controller = await createController({ logger: silentLogger });
    const reading = collect(controller.events());
    await controller.stop();
    expect((await reading).map(short)).toEqual(["stopped 0"]);
    expect(await collect(controller.events())).toEqual([]);
  });

  test("are numbered whether anybody reads or not", async () => {
    const probes = new Probes();
    const t = await startTestController({ components: [probes.define("a")] });
    const early = collect(t.controller.events());
    await t.grant();
    const other = await startTestController({ components: [probes.define("a")] });
    await other.grant();
    const reading = collect(other.controller.events());
    await other.controller.stop();
    await t.controller.stop();
    const sequences = (events: readonly (ControllerEvent | Gap)[]) =>
      events.map((event) => (event.type === "gap" ? 0 : event.sequence));
    // The same run, of which one reader has seen only the end.
    const whole = sequences(await early);
    expect(sequences(await reading)).toEqual(whole.slice(4));
  });

  test("end by their signal while the controller goes on", async () => {
    const probes = new Probes();
    await using t = await startTestController({ components: [probes.define("a")] });
    const abort = new AbortController();
    const reading = collect(t.controller.events({ signal: abort.signal }));
    await t.grant();
    abort.abort();
    const before = (await reading).length;
    expect(before).toBe(4);
    await t.take();
    await settled();
    expect(t.phaseOf("a")).toBe("idle");
  });
});

describe("a listener of a controller", () => {
  test("is not taken for the code of the component that it is told of", async () => {
    const probes = new Probes();
    const fails = (context: ComponentContext) => void settled().then(() => context.fail(new Error("boom")));
    await using t = await startTestController({ components: [probes.define("a", { start: fails })] });
    const told: unknown[] = [];
    t.controller.on("component.phase", ({ component, to }) => told.push([component, to, currentInstance()?.name]));
    const later: unknown[] = [];
    t.controller.on("component.backoff", async () => {
      await settled();
      later.push(currentInstance()?.name);
    });
    await t.grant();
    await settled();
    await settled();
    // The component's own code calls `context.fail`, which tells of what follows before it returns.
    expect(told.slice(-2)).toEqual([
      ["a", "stopping", undefined],
      ["a", "backoff", undefined],
    ]);
    expect(later).toEqual([undefined]);
  });
});
