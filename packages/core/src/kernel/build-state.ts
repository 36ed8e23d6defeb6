import { processScope } from "../term/term.ts";
import { KernelInvariantError } from "./invariant-error.ts";
import { reason } from "./reason.ts";
import type { ComponentNode, ComponentRecord, KernelState, LeaseNode, ScopeRecord } from "./record.ts";

/**
 * The state before anything has happened.
 *
 * @param components checked by the composition: unique names, known edges, no cycles. Dependencies come before their dependents.
 * @param seed of the jitter: an integer.
 */
export function buildState(
  components: readonly ComponentNode[],
  leases: readonly LeaseNode[],
  seed: number,
  now: number,
): KernelState {
  const process = newScope(processScope, true, [], now);
  const state: KernelState = {
    components: new Map(),
    scopes: new Map([[processScope, process]]),
    process,
    shutdown: undefined,
    finished: false,
    seed: seed >>> 0,
  };
  // Leases need process-scoped components and lease-scoped components need the lease's record: hence three rounds.
  for (const node of components) if (node.scope === processScope) addComponent(state, node, now);
  for (const lease of leases) {
    const needs = lease.needs.map((name) => recordOf(state, name));
    const scope = newScope(lease.name, false, needs, now);
    scope.unmetNeeds = needs.length;
    for (const need of needs) need.neededByLeases.push(scope);
    state.scopes.set(lease.name, scope);
  }
  for (const node of components) if (node.scope !== processScope) addComponent(state, node, now);
  return state;
}

function newScope(name: string, isProcess: boolean, needs: readonly ComponentRecord[], now: number): ScopeRecord {
  return {
    name,
    isProcess,
    needs,
    members: [],
    state: "off",
    leaving: false,
    term: 0,
    unmetNeeds: 0,
    live: 0,
    stuck: 0,
    drainedSent: false,
    since: now,
    reason: "not begun",
  };
}

/** Adds a component that is not wanted yet. Also used for children that are spawned at run time. */
export function addComponent(state: KernelState, node: ComponentNode, now: number): ComponentRecord {
  if (state.components.has(node.name)) throw new KernelInvariantError(`component "${node.name}" exists already`);
  const scope = state.scopes.get(node.scope);
  if (scope === undefined) throw new KernelInvariantError(`component "${node.name}" is of an unknown scope`);
  const parent = node.parent === undefined ? undefined : recordOf(state, node.parent);
  const record: ComponentRecord = {
    name: node.name,
    scope,
    policy: node.policy,
    parent,
    needs: resolveAll(state, node.needs),
    after: resolveAll(state, node.after),
    neededBy: new Set(),
    afteredBy: new Set(),
    neededByLeases: [],
    children: undefined,
    phase: "idle",
    since: now,
    reason: reason("scope-not-held", scope.isProcess ? "not begun" : `lease "${scope.name}" is not held`, scope.name),
    instance: 0,
    term: 0,
    up: false,
    settled: true,
    stalled: false,
    unmetNeeds: 0,
    stalledNeeds: 0,
    unsettled: 0,
    blockers: 0,
    liveChildren: 0,
    orderBlockers: 0,
    stopSent: false,
    outcome: undefined,
    verdict: undefined,
    removed: false,
    failures: 0,
    restarts: 0,
    upSince: undefined,
    recent: [],
    lastError: undefined,
    timerAt: undefined,
    checksHealth: false,
    checking: false,
    healthFailures: 0,
    healthDetail: undefined,
  };
  for (const need of record.needs) {
    need.neededBy.add(record);
    if (!need.up) record.unmetNeeds++;
    if (need.stalled) record.stalledNeeds++;
  }
  for (const earlier of record.after) {
    earlier.afteredBy.add(record);
    if (!earlier.settled) record.unsettled++;
  }
  if (parent === undefined) {
    scope.members.push(record);
  } else {
    parent.children ??= new Set();
    parent.children.add(record);
  }
  state.components.set(node.name, record);
  return record;
}

/** Takes a component out that has no live instance and no children. */
export function removeComponent(state: KernelState, record: ComponentRecord): void {
  for (const need of record.needs) need.neededBy.delete(record);
  for (const earlier of record.after) earlier.afteredBy.delete(record);
  record.parent?.children?.delete(record);
  state.components.delete(record.name);
}

function resolveAll(state: KernelState, names: readonly string[]): readonly ComponentRecord[] {
  return names.length === 0 ? noRecords : names.map((name) => recordOf(state, name));
}

const noRecords: readonly ComponentRecord[] = Object.freeze([]);

export function recordOf(state: KernelState, name: string): ComponentRecord {
  const record = state.components.get(name);
  if (record === undefined) throw new KernelInvariantError(`component "${name}" does not exist`);
  return record;
}
