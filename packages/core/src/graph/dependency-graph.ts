/** What the graph knows of a node: who it is and what comes before it. Every name must be that of a node. */
export interface GraphNode {
  readonly name: string;
  readonly before: readonly string[];
}

/**
 * Depth first over all edges, iterative, each node and edge once: O(nodes + edges).
 *
 * @returns either every node with its dependencies first, or one cycle as the path that closes it (`a → b → a`).
 */
export function sortGraph<N extends GraphNode>(
  nodes: readonly N[],
): { readonly order: readonly N[] } | { readonly cycle: readonly string[] } {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const finished = new Set<string>();
  const order: N[] = [];
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
        const names = path.map((entry) => entry.node.name);
        return { cycle: [...names.slice(names.indexOf(name)), name] };
      } else if (!finished.has(name)) {
        const node = byName.get(name);
        if (node !== undefined) enter(node);
      }
    }
  }
  return { order };
}
