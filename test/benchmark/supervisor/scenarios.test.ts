import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ComponentSnapshot } from "@tenure/core";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Fleet } from "./fleet.ts";
import { scenarios } from "./scenarios.ts";

const graph = { layers: 20, width: 50, fanIn: 3, work: 0 };
const small = { layers: 4, width: 3, fanIn: 2, work: 0 };

/** The controllers that a scenario has made, in order. */
const fleets: Fleet[] = [];
/** Why terms have ended, and how many instances lived then. */
const ends: { readonly reason: string; readonly live: number | undefined }[] = [];

beforeAll(() => {
  setFlagsFromString("--expose-gc");
  globalThis.gc = runInNewContext("gc");
});

beforeEach(() => {
  fleets.length = 0;
  ends.length = 0;
  const create = Fleet.create;
  vi.spyOn(Fleet, "create").mockImplementation(async (definitions) => {
    const fleet = await create.call(Fleet, definitions);
    fleets.push(fleet);
    fleet.controller.on("lease.ended", ({ reason }) => {
      ends.push({ reason, live: fleet.controller.snapshot().leases[0]?.live });
    });
    return fleet;
  });
  return () => void vi.restoreAllMocks();
});

function componentsOf(fleet: Fleet | undefined): readonly ComponentSnapshot[] {
  return fleet?.controller.snapshot().components ?? [];
}

/** How many instances each component has had, as far as they differ. */
function instances(fleet: Fleet | undefined): readonly number[] {
  return [...new Set(componentsOf(fleet).map(({ instance }) => instance))];
}

describe("what the benchmark's scenarios do", () => {
  test("start: it ends when all 1,000 run, each after what it needs", async () => {
    const running: string[] = [];
    const start = vi.spyOn(Fleet.prototype, "start");
    start.mockImplementation(async function (this: Fleet) {
      this.controller.on("component.running", ({ component }) => running.push(component));
      start.mockRestore();
      await this.start();
      expect(componentsOf(this).filter(({ phase }) => phase === "running")).toHaveLength(1_000);
    });
    expect(await scenarios.start(graph)).toBeGreaterThan(0);
    expect(running).toHaveLength(1_000);
    const at = new Map(running.map((name, index) => [name, index]));
    for (const { name, needs } of componentsOf(fleets[0])) {
      for (const need of needs) expect(at.get(need)).toBeLessThan(at.get(name)!);
    }
    expect(componentsOf(fleets[0]).flatMap(({ needs }) => needs)).toHaveLength(950 * 3);
  });

  test("start with work: takes at least as long as one component of each layer does", async () => {
    expect(await scenarios.start({ ...small, work: 5 })).toBeGreaterThan(4 * 5 - 1);
    expect(await scenarios["critical-path"]({ ...small, work: 5 })).toBeGreaterThan(4 * 5 - 1);
  });

  test("stop: all have run, and none does", async () => {
    await scenarios.stop(graph);
    expect(componentsOf(fleets[0]).map(({ phase }) => phase)).toEqual(Array.from({ length: 1_000 }, () => "idle"));
    expect(instances(fleets[0])).toEqual([1]);
  });

  test("restart: 200 times, only components that nothing needs, none of them failed for good", async () => {
    await scenarios.restart(graph);
    const components = componentsOf(fleets[0]);
    expect(components.reduce((sum, { restarts }) => sum + restarts, 0)).toBe(200);
    const needed = new Set(components.flatMap(({ needs }) => needs));
    expect(components.filter(({ name, restarts }) => restarts > 0 && needed.has(name))).toEqual([]);
    expect(components.filter(({ restarts }) => restarts > 0)).toHaveLength(50);
  });

  test("cascade: one failure makes a second instance of every component", async () => {
    await scenarios.cascade(graph);
    expect(componentsOf(fleets[0])).toHaveLength(1_001);
    expect(instances(fleets[0])).toEqual([2]);
    expect(componentsOf(fleets[0]).filter(({ lastError }) => lastError !== undefined)).toHaveLength(1);
  });

  test("abort: all run when the lease is lost to another holder", async () => {
    await scenarios.abort(graph);
    expect(instances(fleets[0])).toEqual([1]);
    expect(ends).toEqual([{ reason: "another holder was seen", live: 1_000 }]);
  });

  test("growth: 1,200 terms, an instance of each component in each", async () => {
    await scenarios.growth(small);
    expect(instances(fleets[0])).toEqual([1_200]);
  });

  test("heap: an order of magnitude that can be right", async () => {
    const bytes = await scenarios.heap(graph);
    expect(bytes).toBeGreaterThan(500);
    expect(bytes).toBeLessThan(10_000);
  });
});
