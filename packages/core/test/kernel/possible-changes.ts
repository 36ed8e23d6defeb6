import type {
  ComponentNode,
  ComponentRecord,
  KernelState,
  LeaseNode,
  Reconfiguration,
  ScopeRecord,
} from "../../src/kernel/record.ts";

const nothing: Reconfiguration = {
  add: [],
  change: [],
  remove: [],
  replaced: [],
  addLeases: [],
  changeLeases: [],
  removeLeases: [],
};

/** Other graphs that a composition would allow in the place of this one: each a change of one thing. */
export function* possibleChanges(state: KernelState, newName: string): Generator<Reconfiguration> {
  for (const record of state.components.values()) {
    if (record.parent !== undefined) continue;
    yield { ...nothing, change: [nodeOfRecord(record)] };
    // Another one provides what it did.
    yield { ...nothing, change: [nodeOfRecord(record)], replaced: [record.name] };
    const free = { ...nodeOfRecord(record), needs: [], after: [] };
    yield { ...nothing, change: [free] };
    if (!isUsed(record)) yield { ...nothing, remove: [record.name] };
    const follower: ComponentNode = { ...free, name: newName, needs: [record.name] };
    yield { ...nothing, add: [follower] };
    // Another component takes its place among what the follower needs.
    for (const other of state.components.values()) {
      if (
        other.parent === undefined &&
        other.scope === record.scope &&
        other.needs.length > 0 &&
        !reaches(record, other)
      ) {
        yield { ...nothing, change: [{ ...nodeOfRecord(other), needs: [record.name], after: [] }] };
      }
    }
  }
  for (const scope of state.scopes.values()) {
    if (scope.isProcess) continue;
    yield { ...nothing, changeLeases: [nodeOfLease(scope)] };
    yield { ...nothing, changeLeases: [{ name: scope.name, needs: [] }] };
  }
}

/** Changes that leave the graph what it is: a component, or a lease, is only made anew. */
export function* changesInPlace(state: KernelState): Generator<Reconfiguration> {
  for (const record of state.components.values()) yield { ...nothing, change: [nodeOfRecord(record)] };
  for (const scope of state.scopes.values())
    if (!scope.isProcess) yield { ...nothing, changeLeases: [nodeOfLease(scope)] };
}

function nodeOfRecord({ name, scope, needs, after, policy }: ComponentRecord): ComponentNode {
  return { name, scope: scope.name, needs: needs.map(nameOf), after: after.map(nameOf), policy };
}

function nodeOfLease({ name, needs }: ScopeRecord): LeaseNode {
  return { name, needs: needs.map(nameOf) };
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

/** By what is composed: children do not count. */
function isUsed({ neededBy, afteredBy, neededByLeases }: ComponentRecord): boolean {
  const composed = [...(neededBy ?? []), ...(afteredBy ?? [])].filter((user) => user.parent === undefined);
  return composed.length > 0 || (neededByLeases !== undefined && neededByLeases.size > 0);
}

/** There is a way from one to the other along its edges: an edge back would close a circle. */
function reaches(from: ComponentRecord, to: ComponentRecord): boolean {
  return from === to || [...from.needs, ...from.after].some((next) => reaches(next, to));
}
