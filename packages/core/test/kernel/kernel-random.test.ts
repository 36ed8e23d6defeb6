import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KernelWorld, type WorldGraph } from "./kernel-world.ts";

const leaseNames = ["l1", "l2"] as const;

/** Graphs without cycles: each component may only use earlier ones, of its own scope or of the process. */
const graphs: fc.Arbitrary<WorldGraph> = fc
  .tuple(
    fc.array(
      fc.record({
        scope: fc.constantFrom("process", "l1", "l1", "l2"),
        edges: fc.array(fc.tuple(fc.nat(10), fc.constantFrom("needs", "needs", "after")), { maxLength: 4 }),
        restart: fc.constantFrom("never" as const, "on-failure" as const, "on-failure" as const, "always" as const),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    fc.array(fc.nat(10), { maxLength: 2 }),
  )
  .map(([parts, leaseNeeds]) => {
    const components = parts.map(({ scope, edges, restart }, index) => {
      const usable = (sameScope: boolean) =>
        edges
          .filter(([target, kind]) => {
            const other = parts[target];
            if (target >= index || other === undefined) return false;
            return sameScope
              ? kind === "after" && other.scope === scope
              : kind === "needs" && (other.scope === scope || other.scope === "process");
          })
          .map(([target]) => `c${target}`);
      return {
        name: `c${index}`,
        scope,
        needs: [...new Set(usable(false))],
        after: [...new Set(usable(true))],
        restart,
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

/** Nothing new goes wrong any more: everything that has to happen happens, timers of back-offs included. */
function letSettle(world: KernelWorld): void {
  for (let turn = 0; turn < 2_000 && world.finished === "no"; turn++) {
    const choices = world.choices().filter((choice) => !choice.fault);
    const soonest = choices.toSorted((left, right) => (left.at ?? 0) - (right.at ?? 0))[0];
    if (soonest === undefined) return;
    world.apply(soonest);
  }
  if (world.finished === "no") throw new Error("invariant: it does not settle");
}

function checkSettled(world: KernelWorld): void {
  // The process has ended itself, which the world has found justified.
  if (world.finished === "exit") return;
  const { state } = world;
  if (state.shutdown !== undefined) {
    const stuck = [...state.components.values()].some((record) => record.phase === "stuck");
    if (world.finished === "no")
      throw new Error(`invariant: the shutdown does not end (${stuck ? "stuck" : "not stuck"})`);
    return;
  }
  for (const record of state.components.values()) {
    if (record.scope.state !== "held") continue;
    const over = record.phase === "running" || record.verdict !== undefined;
    const waits = record.phase === "waiting" && record.needs.some((need) => !need.up);
    if (!over && !waits)
      throw new Error(`invariant: ${record.name} is ${record.phase} for ever: ${record.reason.text}`);
  }
}

describe("the kernel under random schedules", () => {
  test.each([1, 2, 3, 4])(
    "keeps every invariant in every state, and settles when the environment does (seed %i)",
    (seed) => {
      fc.assert(
        fc.property(graphs, fc.array(fc.nat(1_000), { minLength: 5, maxLength: 80 }), (graph, picks) => {
          const world = new KernelWorld(graph);
          try {
            for (const pick of picks) {
              if (world.finished !== "no") break;
              const choices = world.choices();
              // A shutdown ends the schedule: it comes seldom.
              const usual = pick % 20 === 0 ? choices : choices.filter((choice) => choice.name !== "shutdown");
              const choice = usual[pick % Math.max(1, usual.length)];
              if (choice === undefined) break;
              if (choice.event.type === "lease.granted" && choice.event.term > 1) takeovers++;
              world.apply(choice);
              steps++;
            }
            letSettle(world);
            checkSettled(world);
          } catch (error) {
            throw new Error(
              `${error instanceof Error ? error.message : String(error)} after: ${world.log.join(", ")}`,
              { cause: error },
            );
          }
        }),
        { numRuns: 5_000, seed },
      );
    },
  );

  test("the schedules were worth it", () => {
    console.log(`${steps} steps, ${takeovers} later terms`);
    expect(steps).toBeGreaterThan(50_000);
    expect(takeovers).toBeGreaterThan(1_000);
  });
});
