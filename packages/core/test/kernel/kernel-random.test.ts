import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ComponentOptions } from "../../src/component/options.ts";
import type { KernelEvent } from "../../src/kernel/event.ts";
import { restoreState, serialiseState } from "../../src/kernel/serialise.ts";
import { step } from "../../src/kernel/step.ts";
import { describeEvent } from "./describe-event.ts";
import { checkCounters } from "./kernel-counters.ts";
import { checkSettled } from "./kernel-invariants.ts";
import { KernelWorld } from "./kernel-world.ts";
import type { WorldGraph } from "./world-graph.ts";

const leaseNames = ["l1", "l2"] as const;

const options: fc.Arbitrary<ComponentOptions> = fc.record(
  {
    restart: fc.record(
      {
        mode: fc.constantFrom("never", "on-failure", "on-failure", "always"),
        backoff: fc.record({ base: fc.constantFrom(0, 100), jitter: fc.constantFrom(0, 0.2) }, { requiredKeys: [] }),
        intensity: fc.record({ restarts: fc.integer({ min: 1, max: 3 }), within: fc.constantFrom(1_000, 100_000) }),
      },
      { requiredKeys: [] },
    ),
    onFailure: fc.constantFrom("isolate", "yield", "exit"),
    critical: fc.constantFrom(false, true, { within: 5_000 }),
  },
  { requiredKeys: [] },
);

/** Graphs without cycles: each component may only use earlier ones, of its own scope or of the process. */
const graphs: fc.Arbitrary<WorldGraph> = fc
  .tuple(
    fc.array(
      fc.record({
        scope: fc.constantFrom("process", "l1", "l1", "l2"),
        edges: fc.array(fc.tuple(fc.nat(10), fc.constantFrom("needs", "needs", "after")), { maxLength: 4 }),
        options,
        checksHealth: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    fc.array(fc.nat(10), { maxLength: 2 }),
  )
  .map(([parts, leaseNeeds]) => {
    const components = parts.map(({ scope, edges, ...rest }, index) => {
      const usable = (kind: "needs" | "after") =>
        edges
          .filter(([target, wanted]) => {
            const other = parts[target];
            if (target >= index || other === undefined || wanted !== kind) return false;
            return other.scope === scope || (kind === "needs" && other.scope === "process");
          })
          .map(([target]) => `c${target}`);
      return {
        name: `c${index}`,
        scope,
        needs: [...new Set(usable("needs"))],
        after: [...new Set(usable("after"))],
        ...rest,
      };
    });
    const inProcess = components
      .filter((component) => component.scope === "process")
      .map((component) => component.name);
    const needs = [...new Set(leaseNeeds.flatMap((index) => inProcess[index] ?? []))];
    return { components, leases: leaseNames.map((name, index) => ({ name, needs: index === 0 ? needs : [] })) };
  });

let steps = 0;
let takeovers = 0;
let changes = 0;

/** Everything that has to happen happens, timers at their times; nothing new goes wrong. */
function letSettle(world: KernelWorld, log: KernelEvent[]): void {
  for (let turn = 0; turn < 2_000 && world.ended === "no"; turn++) {
    const due = world.choices().filter((choice) => !choice.fault);
    const at = (event: KernelEvent) => (event.type === "timer" ? event.at : 0);
    const soonest = due.map((choice) => choice.event).toSorted((left, right) => at(left) - at(right))[0];
    if (soonest === undefined) return;
    log.push(soonest);
    world.apply(soonest);
  }
  if (world.ended === "no") throw new Error("invariant: it does not settle");
}

function pickEvent(world: KernelWorld, pick: number): KernelEvent | undefined {
  // A shutdown ends the schedule: it comes seldom.
  const usual = world.choices().map((choice) => choice.event);
  const events = pick % 25 === 0 ? usual : usual.filter((event) => event.type !== "shutdown");
  const others = pick % 4 === 0 ? world.changes() : [];
  const all = others.length > 0 ? others : events;
  return all[Math.floor(pick / 4) % Math.max(1, all.length)];
}

/** A state that was written down and read again goes on exactly as the one that it was written from. */
function checkRestored(world: KernelWorld, event: KernelEvent): void {
  const restored = restoreState(JSON.parse(JSON.stringify(serialiseState(world.state))));
  const now = event.type === "timer" ? Math.max(world.now, event.at) : world.now;
  const commands = step(restored, event, now);
  world.apply(event);
  expect(JSON.stringify(serialiseState(restored))).toBe(JSON.stringify(serialiseState(world.state)));
  expect(JSON.parse(JSON.stringify(commands))).toEqual(JSON.parse(JSON.stringify(world.lastCommands)));
}

describe("the kernel under random schedules, with children and configuration changes", () => {
  test.each([1, 2, 3, 4])(
    "keeps every invariant in every state, and settles when the environment does (seed %i)",
    { timeout: 120_000 },
    (seed) => {
      fc.assert(
        fc.property(graphs, fc.array(fc.nat(10_000), { minLength: 5, maxLength: 80 }), (graph, picks) => {
          const world = new KernelWorld(graph);
          const log: KernelEvent[] = [];
          try {
            for (const pick of picks) {
              const event = world.ended === "no" ? pickEvent(world, pick) : undefined;
              if (event === undefined) break;
              if (event.type === "lease.granted" && event.term > 1) takeovers++;
              if (event.type === "reconfigure") changes++;
              log.push(event);
              if (pick % 16 === 3) checkRestored(world, event);
              else world.apply(event);
              checkCounters(world.state);
              steps++;
            }
            letSettle(world, log);
            checkSettled(world);
          } catch (error) {
            const text = error instanceof Error ? error.message : String(error);
            throw new Error(`${text} after: ${log.map(describeEvent).join(", ")}`, { cause: error });
          }
        }),
        { numRuns: Number(process.env.KERNEL_RUNS ?? 4_000), seed },
      );
    },
  );

  test("the schedules were worth it", () => {
    console.log(`${steps} steps, ${takeovers} later terms, ${changes} changes of the graph`);
    expect(steps).toBeGreaterThan(50_000);
    expect(takeovers).toBeGreaterThan(1_000);
    expect(changes).toBeGreaterThan(1_000);
  });
});
