/**
 * The real driver and the real kernel under random compositions and schedules, in virtual time. What happens is decided by numbers that
 * fast-check makes; so a failure prints the seed and the path of the shortest run that it has found, and they replay it:
 *
 *     DRIVER_SEED=<seed> DRIVER_PATH=<path> vitest run --project unit packages/core/test/driver
 *
 * DRIVER_RUNS=<number> plays more runs than the usual ones (take another DRIVER_SEED each time).
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { DriverRun, noStatistics, type RunStatistics } from "./driver-run.ts";
import { scenarios } from "./driver-scenario.ts";

const runs = Number(process.env.DRIVER_RUNS ?? 2_500);
const seed = Number(process.env.DRIVER_SEED ?? 1);
const path = process.env.DRIVER_PATH;

test(
  "the driver keeps the invariants after every turn, and settles when its components do",
  async () => {
    const total = noStatistics();
    const property = fc.asyncProperty(scenarios(400), async (scenario) => {
      const statistics = await new DriverRun(scenario).play();
      for (const key of Object.keys(total) as (keyof RunStatistics)[]) total[key] += statistics[key];
    });
    await fc.assert(property, { seed, numRuns: runs, ...(path === undefined ? {} : { path }) });
    console.log(JSON.stringify(total));
    if (path !== undefined) return;
    // Schedules in which little happens prove little.
    expect(total.turns / runs).toBeGreaterThan(20);
    expect(total.terms / runs).toBeGreaterThan(1.5);
    for (const what of ["changes", "refused", "children", "lateStarts"] as const) {
      expect(total[what] / runs, what).toBeGreaterThan(0.3);
    }
    expect(total.dropped).toBeGreaterThan(0);
    expect(total.exits / runs).toBeLessThan(0.5);
  },
  // Shrinking a failure takes longer than finding it.
  Math.max(120_000, runs * 100),
);
