/** What the graph knows of a node: who it is and what comes before it. Every name must be that of a node. */
export interface GraphNode {
  readonly name: string;
  readonly before: readonly string[];
}

export interface SortedGraph<N extends GraphNode> {
  /** Every node once, with its dependencies first as far as there are no cycles. */
  readonly order: readonly N[];
  /** Cycles that have no edge in common, each as the path that closes it (`a → b → a`). Without one of its edges, each is gone. */
  readonly cycles: readonly (readonly string[])[];
}

/** Depth first over all edges, iterative, each node and edge once: O(nodes + edges), as long as there are no cycles. */
export function sortGraph<N extends GraphNode>(nodes: readonly N[]): SortedGraph<N> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const finished = new Set<string>();
  const order: N[] = [];
  const cycles = new EdgeDisjointCycles();
  for (const root of nodes) {
    const path: { node: N; next: number }[] = [];
    const onPath = new Set<string>();
    const enter = (node: N) => {
      path.push({ node, next: 0 });
      onPath.add(node.name);
    };
    if (!finished.has(root.name)) enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const name = top.node.before[top.next++];
      if (name === undefined) {
        path.pop();
        onPath.delete(top.node.name);
        finished.add(top.node.name);
        order.push(top.node);
      } else if (onPath.has(name)) {
        cycles.close(path, name);
      } else if (!finished.has(name)) {
        const node = byName.get(name);
        if (node !== undefined) enter(node);
      }
    }
  }
  return { order, cycles: cycles.found };
}

class EdgeDisjointCycles {
  readonly found: string[][] = [];
  readonly #edges = new Map<string, Set<string>>();

  /** The edge from the end of `path` back to `name`, which is on it, closes a cycle. */
  close(path: readonly { readonly node: GraphNode }[], name: string): void {
    const cycle = [name];
    for (let index = path.length - 1; ; index--) {
      const from = path[index]!.node.name;
      if (this.#edges.get(from)?.has(cycle.at(-1)!)) return;
      cycle.push(from);
      if (from === name) break;
    }
    cycle.reverse();
    this.found.push(cycle);
    for (const [index, from] of cycle.slice(0, -1).entries()) {
      const edges = this.#edges.get(from) ?? new Set();
      this.#edges.set(from, edges.add(cycle[index + 1]!));
    }
  }
}
