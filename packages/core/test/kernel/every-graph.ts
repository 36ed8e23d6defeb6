import type { WorldComponent, WorldGraph } from "./world-graph.ts";

type Edge = "none" | "needs" | "after";

const scopes = ["process", "A", "B"] as const;

/**
 * Every dependency graph of so many components and up to two leases, once: scopes, hard and order-only edges, and what the leases need. Left
 * out are graphs that are another one with its names changed, and those of parts that have nothing to do with one another: whatever a
 * part does, it does in a smaller graph as well.
 */
export function everyGraph(size: number): readonly WorldGraph[] {
  const graphs = new Map<string, WorldGraph>();
  for (const scope of product(size, scopes)) {
    const pairs = pairsOf(size);
    for (const kinds of product<Edge>(pairs.length, ["none", "needs", "after"])) {
      const edges = pairs.map(([from, to], index) => ({ from, to, kind: kinds[index]! }));
      if (!edges.every(({ from, to, kind }) => isAllowed(kind, scope[from]!, scope[to]!))) continue;
      for (const graph of withLeases(scope, edges)) {
        if (!isConnected(graph)) continue;
        const form = canonicalForm(graph);
        if (!graphs.has(form)) graphs.set(form, graph);
      }
    }
  }
  return [...graphs.values()];
}

function isAllowed(kind: Edge, from: string, to: string): boolean {
  return kind === "none" || from === to || to === "process";
}

function* withLeases(
  scope: readonly string[],
  edges: readonly { readonly from: number; readonly to: number; readonly kind: Edge }[],
): Generator<WorldGraph> {
  const nameOf = (index: number) => "abcde"[index]!;
  const targets = (from: number, kind: Edge) =>
    edges.filter((edge) => edge.from === from && edge.kind === kind).map((edge) => nameOf(edge.to));
  const components: readonly WorldComponent[] = scope.map((name, index) => ({
    name: nameOf(index),
    scope: name,
    needs: targets(index, "needs"),
    after: targets(index, "after"),
    options: {},
  }));
  const inProcess = components.filter((component) => component.scope === "process").map(({ name }) => name);
  const used = ["A", "B"].filter((lease) => scope.includes(lease));
  // A lease without components of its own is still acquired and given up.
  const sets = scope.every((name) => name === "process") ? [[], ["A"]] : [used];
  for (const names of sets) {
    for (const needs of product(names.length, subsets(inProcess))) {
      yield { components, leases: names.map((name, index) => ({ name, needs: needs[index]! })) };
    }
  }
}

function isConnected({ components, leases }: WorldGraph): boolean {
  const links = new Map<string, Set<string>>();
  const link = (left: string, right: string) => {
    links.set(left, (links.get(left) ?? new Set()).add(right));
    links.set(right, (links.get(right) ?? new Set()).add(left));
  };
  for (const { name, scope, needs, after } of components) {
    link(name, scope === "process" ? name : scope);
    for (const other of [...needs, ...after]) link(name, other);
  }
  for (const { name, needs } of leases) {
    link(name, name);
    for (const need of needs) link(name, need);
  }
  const reached = new Set<string>();
  const open = [components[0]!.name];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    open.push(...(links.get(name) ?? []));
  }
  return reached.size === components.length + leases.length;
}

/** The least of the texts that the graph has under every change of names. */
function canonicalForm({ components, leases }: WorldGraph): string {
  let least: string | undefined;
  for (const order of permutations(components.map(({ name }) => name))) {
    for (const [first, second] of [["A", "B"] as const, ["B", "A"] as const]) {
      const renamed = (name: string) =>
        name === "A" ? first : name === "B" ? second : name === "process" ? name : String(order.indexOf(name));
      const list = (names: readonly string[]) => names.map(renamed).toSorted().join(",");
      const text = [
        ...components.map(
          ({ name, scope, needs, after }) => `${renamed(name)}:${renamed(scope)}:${list(needs)}:${list(after)}`,
        ),
        ...leases.map(({ name, needs }) => `${renamed(name)}:${list(needs)}`),
      ]
        .toSorted()
        .join(" ");
      if (least === undefined || text < least) least = text;
    }
  }
  return least ?? "";
}

function pairsOf(size: number): readonly (readonly [from: number, to: number])[] {
  const pairs: [number, number][] = [];
  for (let from = 0; from < size; from++) for (let to = 0; to < from; to++) pairs.push([from, to]);
  return pairs;
}

function product<T>(length: number, values: readonly T[]): readonly (readonly T[])[] {
  let all: (readonly T[])[] = [[]];
  for (let at = 0; at < length; at++) all = all.flatMap((head) => values.map((value) => [...head, value]));
  return all;
}

function subsets<T>(values: readonly T[]): readonly (readonly T[])[] {
  return product(values.length, [false, true]).map((chosen) => values.filter((_, index) => chosen[index]));
}

function permutations<T>(values: readonly T[]): readonly (readonly T[])[] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, index) => permutations(values.toSpliced(index, 1)).map((rest) => [value, ...rest]));
}
