import { type ComponentContext, createController, silentLogger } from "@tenure/core";
import { defineFleet, Fleet } from "./fleet.ts";
import { layeredGraph } from "./layered-graph.ts";
import { heapOf, heapUsed } from "./memory.ts";
import type { Request, Scenario } from "./serve.ts";

const failure = new Error("told to fail");
const restartsMeasured = 200;

/** What Tenure does of the benchmark. Each makes its own controller, and has stopped it when it resolves. */
export const scenarios = {
  /** `controller.start()` → every component runs. */
  async start(request) {
    await using fleet = await Fleet.create(defineFleet(layeredGraph(request), working(request.work)));
    const begun = performance.now();
    await fleet.start();
    return performance.now() - begun;
  },

  /** `controller.stop()` → nothing runs. */
  async stop(request) {
    const fleet = await Fleet.create(defineFleet(layeredGraph(request)));
    await fleet.start();
    const begun = performance.now();
    await fleet.controller.stop();
    return performance.now() - begun;
  },

  /** `createController`: names, edges, cycles, chains of stops, and the supervisor's state. The definitions exist before. */
  async validate(request) {
    const components = defineFleet(layeredGraph(request));
    const begun = performance.now();
    await createController({ components, logger: silentLogger });
    return performance.now() - begun;
  },

  /** The median time from `context.fail()` in a component that nothing needs until its new instance runs. */
  async restart(request) {
    const contexts = new Map<string, ComponentContext>();
    const leaf = leaves(request);
    const start = async (context: ComponentContext, name: string) => {
      if (leaf.has(name)) contexts.set(name, context);
    };
    await using fleet = await Fleet.create(defineFleet(layeredGraph(request), { start }));
    await fleet.start();
    const names = [...leaf];
    const taken: number[] = [];
    for (let round = 0; round < restartsMeasured; round++) {
      const context = contexts.get(names[round % names.length]!)!;
      const again = fleet.running(1);
      const begun = performance.now();
      context.fail(failure);
      await again;
      taken.push(performance.now() - begun);
    }
    return taken.sort((left, right) => left - right)[Math.floor(taken.length / 2)]!;
  },

  /** The failure of one component that all others need, directly or not, until all of them run again. */
  async cascade(request) {
    let root: ComponentContext | undefined;
    const start = async (context: ComponentContext, name: string) => {
      if (name === "root") root = context;
    };
    const nodes = layeredGraph(request).map(({ name, needs }) => ({
      name,
      needs: needs.length > 0 ? needs : ["root"],
    }));
    await using fleet = await Fleet.create(defineFleet([{ name: "root", needs: [] }, ...nodes], { start }));
    await fleet.start();
    const again = fleet.running(fleet.size);
    const begun = performance.now();
    root!.fail(failure);
    await again;
    return performance.now() - begun;
  },

  /** Another holder of the lease is seen → the last of the components' signals has told its listener. */
  async abort(request) {
    let left = request.layers * request.width;
    const { promise: allAborted, resolve } = Promise.withResolvers<number>();
    const start = async ({ signal }: ComponentContext) => {
      signal.addEventListener("abort", () => {
        if (--left === 0) resolve(performance.now());
      });
    };
    await using fleet = await Fleet.create(defineFleet(layeredGraph(request), { start, scope: "leader" }));
    fleet.controller.start();
    await fleet.grant();
    const begun = performance.now();
    fleet.lease.take();
    return (await allAborted) - begun;
  },

  /** Bytes of heap that one running component needs, its definition included. Wants `--expose-gc`. */
  async heap(request) {
    const running = async () => {
      const fleet = await Fleet.create(defineFleet(layeredGraph(request)));
      await fleet.start();
      return fleet;
    };
    const bytes = await heapOf(running, (fleet) => fleet.controller.stop());
    return bytes / (request.layers * request.width);
  },

  /** By how many percent the heap has grown over 1,000 terms, each of which starts and stops every component. Wants `--expose-gc`. */
  async growth(request) {
    await using fleet = await Fleet.create(defineFleet(layeredGraph(request), { scope: "leader" }));
    fleet.controller.start();
    const terms = async (count: number) => {
      for (let term = 0; term < count; term++) {
        await fleet.grant();
        await fleet.drain();
        // The fake lease keeps a journal of its calls, which is not ours.
        fleet.lease.calls.length = 0;
      }
    };
    // What grows to a bound has reached it: the log of events, and compiled code.
    await terms(200);
    const before = await heapUsed();
    await terms(1_000);
    return ((await heapUsed()) / before - 1) * 100;
  },

  /** The least time that the layers' work takes: one timer after the other, as many as there are layers. */
  async "critical-path"(request) {
    const begun = performance.now();
    for (let layer = 0; layer < request.layers; layer++) await sleep(request.work);
    return performance.now() - begun;
  },
} satisfies Readonly<Record<string, Scenario>>;

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function working(work: number) {
  return work === 0 ? {} : { start: () => sleep(work) };
}

/** Those of the last layer: nothing needs them. */
function leaves(request: Request): ReadonlySet<string> {
  const nodes = layeredGraph(request);
  const needed = new Set(nodes.flatMap((node) => node.needs));
  return new Set(nodes.map((node) => node.name).filter((name) => !needed.has(name)));
}
