import {
  type Component,
  type ComponentContext,
  type ComponentDefinition,
  type Controller,
  createController,
  defineComponent,
  silentLogger,
} from "@tenure/core";
import { FakeLease } from "@tenure/testing";
import type { GraphNode } from "./layered-graph.ts";

export interface FleetOptions {
  /** What each component's `start` does, and for how long `start` waits. Default: nothing, by an `async` function. */
  readonly start?: (context: ComponentContext, name: string) => Promise<void>;
  /** `process`, or under a lease that `grant` acquires. Default `process`. */
  readonly scope?: "process" | "leader";
}

const nothing = async () => {};

/** A failure is made good at once, each as if it were the first. */
const restart = { backoff: { base: 0, jitter: 0 }, resetAfter: 0 };

/** The definitions of a graph's nodes: components with an asynchronous start and stop. */
export function defineFleet(nodes: readonly GraphNode[], options: FleetOptions = {}): readonly ComponentDefinition[] {
  const start = options.start ?? nothing;
  const defined = new Map<string, ComponentDefinition>();
  for (const { name, needs } of nodes) {
    const create = (): Component => ({ start: (context) => start(context, name), stop: nothing });
    const spec = {
      name,
      scope: options.scope ?? "process",
      // By the names that a component has for what it needs, as an author would: `lower0`, `lower1`, ...
      needs: Object.fromEntries(needs.map((need, index) => [`lower${index}`, defined.get(need)!])),
      // Twenty layers must stop within the lease.
      stopTimeout: 100,
      restart,
      create,
    };
    defined.set(name, defineComponent(spec));
  }
  return [...defined.values()];
}

/** A controller with a graph of components, on the real clock: what the benchmark measures, by the public interface alone. */
export class Fleet implements AsyncDisposable {
  readonly controller: Controller;
  readonly lease: FakeLease;
  readonly size: number;
  #awaited = 0;
  #reached: () => void = () => {};

  private constructor(controller: Controller, lease: FakeLease, size: number) {
    this.controller = controller;
    this.lease = lease;
    this.size = size;
    controller.on("component.running", () => {
      if (--this.#awaited === 0) this.#reached();
    });
  }

  static async create(definitions: readonly ComponentDefinition[]): Promise<Fleet> {
    const lease = new FakeLease();
    const controller = await createController({
      components: definitions,
      leases: [lease.definition],
      logger: silentLogger,
      identity: "benchmark",
      seed: 1,
    });
    return new Fleet(controller, lease, definitions.length);
  }

  /** Resolves when as many components as named have come to run from now on. */
  running(count: number): Promise<void> {
    this.#awaited = count;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reached = resolve;
    return promise;
  }

  async start(): Promise<void> {
    const all = this.running(this.size);
    this.controller.start();
    await all;
  }

  /** One term from its acquisition until all of its components run. */
  async grant(): Promise<void> {
    const all = this.running(this.size);
    this.lease.grant();
    await all;
  }

  /** Drains the term; resolves when nothing of it runs any more. */
  async drain(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const off = this.controller.on("lease.ended", () => resolve());
    this.lease.drain();
    await promise;
    off();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.controller.stop();
  }
}
