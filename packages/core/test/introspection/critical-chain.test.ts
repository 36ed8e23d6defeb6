import { type ComponentContext, type ControllerSnapshot, criticalChain, slowest } from "@tenure/core";
import { startTestController, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { Probes } from "../probe-component.ts";
import { takes } from "./timed-start.ts";

/** Two ways to the top: a (100) → slow (500) → top (50), and a → quick (10) → top; `alone` takes longer than each, and less than the chain. */
function diamond(clock: VirtualClock) {
  const probes = new Probes();
  const a = probes.define("a", takes(clock, 100));
  const slow = probes.define("slow", { needs: [a], ...takes(clock, 500) });
  const quick = probes.define("quick", { needs: [a], ...takes(clock, 10) });
  const top = probes.define("top", { needs: [quick, slow], ...takes(clock, 50) });
  const alone = probes.define("alone", takes(clock, 520));
  return [a, quick, slow, top, alone];
}

const names = (snapshot: ControllerSnapshot, scope = "leader") =>
  criticalChain(snapshot, scope)?.links.map(({ name }) => name);

describe("the critical chain", () => {
  test("is the one whose starts determined when the slowest component ran", async () => {
    const clock = new VirtualClock();
    await using t = await startTestController({ components: diamond(clock), clock });
    expect(criticalChain(t.controller.snapshot(), "leader")).toBeUndefined();
    await t.grant();
    await clock.advance(5_000);
    expect(criticalChain(t.controller.snapshot(), "leader")).toEqual({
      scope: "leader",
      total: 650,
      pending: false,
      links: [
        { name: "a", began: 0, took: 100 },
        { name: "slow", began: 100, took: 500 },
        { name: "top", began: 600, took: 50 },
      ],
    });
    expect(criticalChain(t.controller.snapshot(), "process")).toBeUndefined();
  });

  test("of starts that are under way ends in the one that has taken longest", async () => {
    const clock = new VirtualClock();
    await using t = await startTestController({ components: diamond(clock), clock });
    await t.grant();
    await clock.advance(400);
    expect(criticalChain(t.controller.snapshot(), "leader")).toEqual({
      scope: "leader",
      total: 400,
      pending: true,
      links: [
        { name: "a", began: 0, took: 100 },
        { name: "slow", began: 100, took: 300 },
      ],
    });
    await clock.advance(1_000);
  });

  test("goes along `after` too, but not to what came up again later", async () => {
    const clock = new VirtualClock();
    const probes = new Probes();
    const first = probes.define("first", { restart: { backoff: { base: 100, jitter: 0 } }, start: startOfFirst });
    let starts = 0;
    async function startOfFirst(context: ComponentContext) {
      await takes(clock, ++starts === 1 ? 300 : 10).start();
      failFirst = context.fail.bind(context);
    }
    let failFirst: (error: unknown) => void = () => {};
    const second = probes.define("second", { after: [first], ...takes(clock, 200) });
    await using t = await startTestController({ components: [first, second], clock });
    await t.grant();
    await clock.advance(1_000);
    expect(names(t.controller.snapshot())).toEqual(["first", "second"]);
    failFirst(new Error("boom"));
    await clock.advance(1_000);
    expect(t.phaseOf("first")).toBe("running");
    // `second` still runs: it has waited 300 ms, as it says, for a start that nothing is known of any more.
    expect(criticalChain(t.controller.snapshot(), "leader")).toEqual({
      scope: "leader",
      total: 500,
      pending: false,
      links: [{ name: "second", began: 300, took: 200 }],
    });
  });

  test("of a component that was restarted is that of its restart", async () => {
    const clock = new VirtualClock();
    const probes = new Probes();
    const a = probes.define("a", takes(clock, 300));
    let starts = 0;
    const b = probes.define("b", {
      needs: [a],
      restart: { backoff: { base: 100, jitter: 0 } },
      start: () => takes(clock, ++starts === 1 ? 100 : 900).start(),
    });
    await using t = await startTestController({ components: [a, b], clock });
    await t.grant();
    await clock.advance(1_000);
    expect(names(t.controller.snapshot())).toEqual(["a", "b"]);
    probes.contextOf("b").fail(new Error("boom"));
    await clock.advance(2_000);
    // It did not wait for `a` this time.
    expect(criticalChain(t.controller.snapshot(), "leader")).toMatchObject({
      total: 900,
      links: [{ name: "b", began: 0, took: 900 }],
    });
  });

  test("of starts that took no time is the longest one", async () => {
    const probes = new Probes();
    const a = probes.define("a");
    const b = probes.define("b", { needs: [a] });
    const c = probes.define("c", { needs: [a, b] });
    await using t = await startTestController({ components: [probes.define("z"), c, b, a] });
    await t.grant();
    expect(names(t.controller.snapshot())).toEqual(["a", "b", "c"]);
  });

  test("of a chain of 2,000 is found without recursion", async () => {
    const probes = new Probes();
    const components = [probes.define("c0")];
    for (let index = 1; index < 2_000; index++) {
      components.push(probes.define(`c${index}`, { needs: [components[index - 1]!], stopTimeout: 1 }));
    }
    await using t = await startTestController({ components });
    await t.grant();
    expect(names(t.controller.snapshot())).toHaveLength(2_000);
  });
});

describe("the slowest starts", () => {
  test("come first, with those under way as far as they are", async () => {
    const clock = new VirtualClock();
    await using t = await startTestController({ components: diamond(clock), clock });
    expect(slowest(t.controller.snapshot())).toEqual([]);
    await t.grant();
    await clock.advance(510);
    expect(slowest(t.controller.snapshot(), 3)).toEqual([
      { name: "alone", scope: "leader", took: 510, pending: true },
      { name: "slow", scope: "leader", took: 410, pending: true },
      { name: "a", scope: "leader", took: 100, pending: false },
    ]);
    await clock.advance(1_000);
    expect(slowest(t.controller.snapshot()).map(({ name, took }) => [name, took])).toEqual([
      ["alone", 520],
      ["slow", 500],
      ["a", 100],
      ["top", 50],
      ["quick", 10],
    ]);
  });
});
