import { processScope } from "../term/term.ts";
import { KernelInvariantError } from "./invariant-error.ts";
import { linkComponent, linkLease, newComponent, newScope } from "./links.ts";
import type { ComponentNode, ComponentRecord, KernelState, LeaseNode } from "./record.ts";

/**
 * The state before anything has happened.
 *
 * @param components checked by the composition: unique names, known edges, no cycles.
 * @param seed of the jitter: an integer.
 */
export function buildState(
  components: readonly ComponentNode[],
  leases: readonly LeaseNode[],
  seed: number,
  now: number,
): KernelState {
  const process = newScope(processScope, now);
  const state: KernelState = {
    components: new Map(),
    scopes: new Map([[processScope, process]]),
    process,
    shutdown: undefined,
    finished: false,
    reconfiguration: undefined,
    seed: seed >>> 0,
  };
  for (const lease of leases) addLease(state, lease, now);
  for (const node of components) insertComponent(state, node, now);
  // Edges last: they may lead to what stands later in the list.
  for (const node of components) linkComponent(state, recordOf(state, node.name), node);
  for (const lease of leases) linkLease(state, scopeOf(state, lease.name), lease);
  return state;
}

/** Adds a component that is not wanted yet; every edge leads to one that exists. Also used for children that are spawned at run time. */
export function addComponent(state: KernelState, node: ComponentNode, now: number): ComponentRecord {
  const record = insertComponent(state, node, now);
  linkComponent(state, record, node);
  return record;
}

function insertComponent(state: KernelState, node: ComponentNode, now: number): ComponentRecord {
  if (state.components.has(node.name)) throw new KernelInvariantError(`component "${node.name}" exists already`);
  const parent = node.parent === undefined ? undefined : recordOf(state, node.parent);
  const record = newComponent(node, scopeOf(state, node.scope), parent, now);
  if (parent === undefined) {
    record.scope.members.add(record);
  } else {
    parent.children ??= new Set();
    parent.children.add(record);
  }
  state.components.set(node.name, record);
  return record;
}

export function addLease(state: KernelState, node: LeaseNode, now: number): void {
  if (state.scopes.has(node.name)) throw new KernelInvariantError(`lease "${node.name}" exists already`);
  state.scopes.set(node.name, newScope(node.name, now));
}

export function recordOf(state: KernelState, name: string): ComponentRecord {
  const record = state.components.get(name);
  if (record === undefined) throw new KernelInvariantError(`component "${name}" does not exist`);
  return record;
}

export function scopeOf(state: KernelState, name: string) {
  const scope = state.scopes.get(name);
  if (scope === undefined) throw new KernelInvariantError(`lease "${name}" does not exist`);
  return scope;
}
