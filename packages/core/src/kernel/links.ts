import { processScope } from "../term/term.ts";
import { KernelInvariantError } from "./invariant-error.ts";
import { reason } from "./reason.ts";
import type { ComponentNode, ComponentRecord, KernelState, LeaseNode, ScopeRecord } from "./record.ts";

/** Records, and the edges between them with the counters that are kept at their ends. */

export function newScope(name: string, now: number): ScopeRecord {
  return {
    name,
    isProcess: name === processScope,
    needs: [],
    members: new Set(),
    state: "off",
    leaving: false,
    held: false,
    term: 0,
    unmetNeeds: 0,
    live: 0,
    stuck: 0,
    drainedSent: false,
    since: now,
    reason: "not begun",
  };
}

/** Every field is there from the beginning: records have one shape, whatever happens to them. */
export function newComponent(
  node: ComponentNode,
  scope: ScopeRecord,
  parent: ComponentRecord | undefined,
  now: number,
): ComponentRecord {
  return {
    name: node.name,
    parent,
    scope,
    policy: node.policy,
    needs: noRecords,
    after: noRecords,
    neededBy: undefined,
    afteredBy: undefined,
    neededByLeases: undefined,
    children: undefined,
    phase: "idle",
    since: now,
    reason: scope.isProcess ? notBegun : reason("scope-not-held", `lease "${scope.name}" is not held`, scope.name),
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
    held: false,
    failures: 0,
    restarts: 0,
    upSince: undefined,
    recent: noTimes,
    lastError: undefined,
    timerAt: undefined,
    outageAt: undefined,
    waited: 0,
    took: 0,
    checksHealth: false,
    checking: false,
    healthFailures: 0,
    healthDetail: undefined,
  };
}

const notBegun = reason("scope-not-held", "not begun", processScope);
const noRecords: readonly ComponentRecord[] = Object.freeze([]);
export const noTimes: readonly number[] = Object.freeze([]);

/** Sets the edges of a component that has no live instance and no edges yet. */
export function linkComponent(state: KernelState, record: ComponentRecord, node: ComponentNode): void {
  record.needs = resolveAll(state, node.needs);
  record.after = resolveAll(state, node.after);
  record.unmetNeeds = 0;
  record.stalledNeeds = 0;
  record.unsettled = 0;
  for (const need of record.needs) {
    need.neededBy ??= new Set();
    need.neededBy.add(record);
    if (!need.up) record.unmetNeeds++;
    if (need.stalled) record.stalledNeeds++;
  }
  for (const earlier of record.after) {
    earlier.afteredBy ??= new Set();
    earlier.afteredBy.add(record);
    if (!earlier.settled) record.unsettled++;
  }
}

/** Takes away the edges that lead from it; those that lead to it belong to others. */
export function unlinkComponent(record: ComponentRecord): void {
  for (const need of record.needs) need.neededBy?.delete(record);
  for (const earlier of record.after) earlier.afteredBy?.delete(record);
  record.needs = noRecords;
  record.after = noRecords;
}

/** Sets the edges of a lease that is not campaigned for and has none yet. */
export function linkLease(state: KernelState, scope: ScopeRecord, node: LeaseNode): void {
  scope.needs = resolveAll(state, node.needs);
  scope.unmetNeeds = 0;
  for (const need of scope.needs) {
    need.neededByLeases ??= new Set();
    need.neededByLeases.add(scope);
    if (!need.up) scope.unmetNeeds++;
  }
}

export function unlinkLease(scope: ScopeRecord): void {
  for (const need of scope.needs) need.neededByLeases?.delete(scope);
  scope.needs = noRecords;
}

/** Takes a component out that has no live instance and no children. */
export function removeComponent(state: KernelState, record: ComponentRecord): void {
  unlinkComponent(record);
  record.parent?.children?.delete(record);
  record.scope.members.delete(record);
  state.components.delete(record.name);
}

function resolveAll(state: KernelState, names: readonly string[]): readonly ComponentRecord[] {
  if (names.length === 0) return noRecords;
  return names.map((name) => {
    const record = state.components.get(name);
    if (record === undefined) throw new KernelInvariantError(`component "${name}" does not exist`);
    return record;
  });
}
