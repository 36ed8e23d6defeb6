import type { Phase } from "../kernel/phase.ts";
import { processScope } from "../term/term.ts";
import { chooseChildren, countPhases, defaultShownChildren } from "./shown-children.ts";

/** What a graph is drawn of. A ControllerSnapshot is one; that of a controller which was not started is the bare composition. */
export interface GraphSource {
  readonly leases: readonly {
    readonly name: string;
    readonly needs: readonly string[];
    readonly state?: string;
  }[];
  readonly components: readonly {
    readonly name: string;
    readonly scope: string;
    readonly parent?: string | undefined;
    readonly needs: readonly string[];
    readonly wants: readonly string[];
    readonly after: readonly string[];
    /** Without one the node has no colour. */
    readonly phase?: Phase;
  }[];
}

export interface GraphOptions {
  /** Children of one parent that get a node each, those that do not run first; the others are one node. Default 10. */
  readonly children?: number;
}

/** `lease-needs`: from a lease. `child`: from the parent. Every other one from the dependent to what it depends on. */
export type EdgeKind = "needs" | "wants" | "after" | "lease-needs" | "child";

export interface GraphNode {
  /** Unique in the graph: `n0`, `n1`, ... */
  readonly id: string;
  readonly kind: "component" | "lease" | "more";
  /** One line or two. */
  readonly label: readonly string[];
  readonly phase: Phase | undefined;
}

export interface GraphScope {
  readonly id: string;
  readonly title: string;
  readonly nodes: readonly GraphNode[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
}

export interface DrawnGraph {
  readonly scopes: readonly GraphScope[];
  readonly edges: readonly GraphEdge[];
}

type Drawn = GraphSource["components"][number];

/** What Mermaid and DOT have in common: the nodes by scope, and the edges between those that are shown. */
export function componentGraph(source: GraphSource, options: GraphOptions = {}): DrawnGraph {
  const { shown, more } = choose(source.components, options.children ?? defaultShownChildren);
  let count = 0;
  const ids = new Map<string, string>();
  const edges: GraphEdge[] = [];
  const newNode = (kind: GraphNode["kind"], label: (string | undefined)[], phase?: Phase): GraphNode => ({
    id: `n${count++}`,
    kind,
    label: label.filter((line) => line !== undefined && line !== "") as string[],
    phase,
  });
  const nodesOf = (scope: string): GraphNode[] =>
    shown
      .filter((component) => component.scope === scope)
      .flatMap((component) => {
        const node = newNode("component", [component.name, component.phase], component.phase);
        ids.set(component.name, node.id);
        const rest = more.get(component.name);
        if (rest === undefined) return [node];
        const others = newNode("more", [`${rest.length} more`, countPhases(rest)]);
        edges.push({ from: node.id, to: others.id, kind: "child" });
        return [node, others];
      });
  const scopes: GraphScope[] = [{ id: "s0", title: processScope, nodes: nodesOf(processScope) }];
  const leaseIds = new Map<string, string>();
  for (const [index, lease] of source.leases.entries()) {
    const node = newNode("lease", [`lease ${lease.name}`, lease.state]);
    leaseIds.set(lease.name, node.id);
    scopes.push({ id: `s${index + 1}`, title: lease.name, nodes: [node, ...nodesOf(lease.name)] });
  }
  const draw = (from: string | undefined, names: readonly string[], kind: EdgeKind) => {
    for (const name of names) {
      const to = ids.get(name);
      if (from !== undefined && to !== undefined) edges.push({ from, to, kind });
    }
  };
  for (const component of shown) {
    const from = ids.get(component.name);
    draw(from, component.needs, "needs");
    draw(from, component.wants, "wants");
    draw(from, component.after, "after");
    if (component.parent !== undefined && from !== undefined)
      draw(ids.get(component.parent), [component.name], "child");
  }
  for (const lease of source.leases) draw(leaseIds.get(lease.name), lease.needs, "lease-needs");
  return { scopes, edges };
}

/** Who gets a node of its own: nobody whose parent has none. */
function choose(
  components: readonly Drawn[],
  limit: number,
): { readonly shown: readonly Drawn[]; readonly more: ReadonlyMap<string, readonly Drawn[]> } {
  const byParent = Map.groupBy(components, (component) => component.parent);
  const chosen = new Set(byParent.get(undefined) ?? []);
  const more = new Map<string, readonly Drawn[]>();
  // A set goes on through what is added to it meanwhile: children after their parents.
  for (const parent of chosen) {
    const { shown, rest } = chooseChildren(byParent.get(parent.name) ?? [], limit);
    for (const child of shown) chosen.add(child);
    if (rest.length > 0) more.set(parent.name, rest);
  }
  return { shown: components.filter((component) => chosen.has(component)), more };
}
