import type { GraphNode } from "./dependency-graph.ts";

export interface StopChainNode extends GraphNode {
  /** How long its stop takes at most, in milliseconds, that of its children included. */
  readonly stopTime: number;
}

/** Components that stop one after the other, in that order, and how long that takes at most. */
export interface StopChain {
  readonly links: readonly { readonly name: string; readonly stopTime: number }[];
  readonly total: number;
}

/**
 * The chain of stops that takes longest: a node stops after everything that comes after it in the graph. Linear.
 *
 * @param order the nodes with their dependencies first, as `sortGraph` gives them.
 */
export function longestStopChain(order: readonly StopChainNode[]): StopChain {
  const totals = new Map<string, number>();
  const nextUp = new Map<string, StopChainNode>();
  let worst: StopChainNode | undefined;
  // Dependents first: when a node is reached, the longest chain that ends in it is known.
  for (const node of [...order].reverse()) {
    const total = (totals.get(node.name) ?? 0) + node.stopTime;
    totals.set(node.name, total);
    if (worst === undefined || total > (totals.get(worst.name) ?? 0)) worst = node;
    for (const name of node.before) {
      if (total > (totals.get(name) ?? 0)) {
        totals.set(name, total);
        nextUp.set(name, node);
      }
    }
  }
  const links: { name: string; stopTime: number }[] = [];
  for (let node = worst; node !== undefined; node = nextUp.get(node.name)) {
    links.unshift({ name: node.name, stopTime: node.stopTime });
  }
  return { links, total: worst === undefined ? 0 : (totals.get(worst.name) ?? 0) };
}

export function describeStopChain(chain: StopChain): string {
  return chain.links.map((link) => `${link.name} (${link.stopTime} ms)`).join(" → ");
}
