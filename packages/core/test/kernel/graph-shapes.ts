import type { ComponentOptions } from "../../src/component/options.ts";
import type { KernelEvent } from "../../src/kernel/event.ts";
import type { LeaseNode } from "../../src/kernel/record.ts";
import type { WorldComponent, WorldGraph } from "./world-graph.ts";

function component(
  name: string,
  scope: string,
  needs: readonly string[] = [],
  after: readonly string[] = [],
  options: ComponentOptions = {},
): WorldComponent {
  return { name, scope, needs, after, options };
}

function lease(name: string, needs: readonly string[] = []): LeaseNode {
  return { name, needs };
}

/** Graphs of four and five that have more to tell than the smaller ones. */
export const graphsOfFour: Readonly<Record<string, WorldGraph>> = {
  chain: {
    components: [
      component("a", "A"),
      component("b", "A", ["a"]),
      component("c", "A", ["b"]),
      component("d", "A", ["c"]),
    ],
    leases: [lease("A")],
  },
  diamond: {
    components: [
      component("a", "A"),
      component("b", "A", ["a"]),
      component("c", "A", ["a"]),
      component("d", "A", ["b", "c"]),
    ],
    leases: [lease("A")],
  },
  fan: {
    components: [
      component("a", "A"),
      component("b", "A", ["a"]),
      component("c", "A", ["a"]),
      component("d", "A", ["a"]),
    ],
    leases: [lease("A")],
  },
  "hard and order-only edges": {
    components: [
      component("a", "A"),
      component("b", "A", [], ["a"]),
      component("c", "A", ["a"], ["b"]),
      component("d", "A", ["b"], ["c"]),
    ],
    leases: [lease("A")],
  },
  "two leases on a chain of the process": {
    components: [
      component("a", "process"),
      component("b", "process", ["a"]),
      component("c", "A", ["b"]),
      component("d", "B", ["a"]),
    ],
    leases: [lease("A", ["b"]), lease("B", ["a"])],
  },
  "a diamond whose tips differ in policy": {
    components: [
      component("a", "A", [], [], { restart: { backoff: { base: 0 } } }),
      component("b", "A", ["a"], [], { restart: { mode: "never" }, onFailure: "yield" }),
      component("c", "A", ["a"], [], { restart: { mode: "always" } }),
      component("d", "A", ["b", "c"], [], { critical: true, restart: { intensity: { restarts: 1, within: 1_000 } } }),
    ],
    leases: [lease("A")],
  },
};

/** Of some, what happens is less: three million states would add little to what the smaller ones have shown. */
export const graphsOfFive: Readonly<
  Record<string, { readonly graph: WorldGraph; readonly without: readonly KernelEvent["type"][] }>
> = {
  chain: {
    graph: {
      components: [
        component("a", "A"),
        component("b", "A", ["a"]),
        component("c", "A", ["b"]),
        component("d", "A", ["c"]),
        component("e", "A", ["d"]),
      ],
      leases: [lease("A")],
    },
    without: ["done"],
  },
  "a diamond on a chain, in the process": {
    graph: {
      components: [
        component("a", "process"),
        component("b", "process", ["a"]),
        component("c", "process", ["b"]),
        component("d", "process", ["b"]),
        component("e", "process", ["c", "d"]),
      ],
      leases: [],
    },
    without: [],
  },
  "a lease on a chain of the process, with edges of every kind": {
    graph: {
      components: [
        component("a", "process"),
        component("b", "process", ["a"]),
        component("c", "A", ["b"]),
        component("d", "A", ["c"]),
        component("e", "A", ["a"], ["d"]),
      ],
      leases: [lease("A", ["b"])],
    },
    without: ["done"],
  },
  "two leases that share what they need": {
    graph: {
      components: [
        component("a", "process"),
        component("b", "A", ["a"]),
        component("c", "A", ["b"]),
        component("d", "B", ["a"]),
        component("e", "B", [], ["d"]),
      ],
      leases: [lease("A", ["a"]), lease("B", ["a"])],
    },
    without: ["done"],
  },
};
