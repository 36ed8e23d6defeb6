import { startTestController } from "@tenure/testing";
import { type Behaviour, type ConfiguredComponent, configuredGraph } from "./configured-graph.ts";
import { Probes } from "./probe-component.ts";

export type Components = Record<string, ConfiguredComponent>;

/** A controller whose graph is its configuration. */
export async function started(components: Components, behaviour: Readonly<Record<string, Behaviour>> = {}) {
  const probes = new Probes();
  const graph = configuredGraph(probes, behaviour);
  const bystander = probes.define("bystander");
  const t = await startTestController({
    plugins: [graph.plugin()],
    components: [bystander],
    config: { graph: { components } },
  });
  return {
    t,
    probes,
    graph,
    /** What has happened since it was asked for last. */
    news: () => probes.journal.splice(0),
    change: (next: Components, more: object = {}) => t.controller.reconfigure({ graph: { components: next, ...more } }),
    [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
  };
}

export const nothing = { added: [], changed: [], removed: [] };

/** A promise that a test settles, for starts and stops that take as long as it wants. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: () => promise, open: resolve };
}
