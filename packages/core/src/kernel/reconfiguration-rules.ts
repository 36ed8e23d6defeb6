import { addComponent, addLease, recordOf, scopeOf } from "./build-state.ts";
import { hasChildren, requestStop, resetForTerm } from "./component-rules.ts";
import { KernelInvariantError } from "./invariant-error.ts";
import { linkComponent, linkLease, removeComponent, unlinkComponent, unlinkLease } from "./links.ts";
import { reason } from "./reason.ts";
import type { ComponentNode, ComponentRecord, KernelState, Reconfiguration, ScopeRecord } from "./record.ts";
import { refresh, type Turn } from "./turn.ts";

/**
 * Another graph takes the place of this one while it runs: what the change concerns stops, with its dependents; when nothing
 * of it lives any more the edges are changed, all in one step; then whatever is wanted starts. Nothing else is touched.
 *
 * @throws KernelInvariantError while another one is under way: the driver takes them one after the other.
 */
export function beginReconfiguration(turn: Turn, change: Reconfiguration): void {
  const { state } = turn;
  if (state.shutdown !== undefined) return;
  if (state.reconfiguration !== undefined) throw new KernelInvariantError("two reconfigurations at once");
  state.reconfiguration = change;
  for (const record of concerned(state, change)) hold(turn, record);
  for (const scope of concernedLeases(state, change)) {
    scope.held = true;
    turn.leases.push(scope);
  }
}

function hold(turn: Turn, record: ComponentRecord): void {
  record.held = true;
  if (record.verdict === "done" || record.outcome?.kind === "done") undo(turn, record);
  else refresh(turn, record);
  requestStop(turn, record, reason("reconfigured", "its configuration changes"));
}

/**
 * Of children nobody has composed anything: where one needs what is removed, moved out of its reach, or succeeded by another, whoever spawned it starts
 * anew, so that what it spawns is checked against the graph as it is then.
 */
function hostsOfCutOff(state: KernelState, change: Reconfiguration): readonly ComponentRecord[] {
  const moved = change.change.filter((node) => node.scope !== recordOf(state, node.name).scope.name);
  const hosts = new Set<ComponentRecord>();
  for (const name of [...change.remove, ...moved.map((node) => node.name), ...change.succeeded]) {
    for (const dependent of recordOf(state, name).neededBy ?? []) {
      const host = hostOf(dependent);
      if (host !== dependent && !host.held) hosts.add(host);
    }
  }
  return [...hosts];
}

function hostOf(record: ComponentRecord): ComponentRecord {
  let host = record;
  while (host.parent !== undefined) host = host.parent;
  return host;
}

function nodeOf({ name, scope, needs, after, policy }: ComponentRecord): ComponentNode {
  const names = (records: readonly ComponentRecord[]) => records.map((record) => record.name);
  return { name, scope: scope.name, needs: names(needs), after: names(after), policy };
}

/** Work that was done is to be done anew: until then, those who rely on it stop like those of a component that runs. */
function undo(turn: Turn, record: ComponentRecord): void {
  record.verdict = undefined;
  record.outcome = undefined;
  refresh(turn, record);
  for (const dependent of record.neededBy ?? []) {
    const why = `"${record.name}", which it needs, stops`;
    requestStop(turn, dependent, reason("dependency-stopping", why, record.name));
  }
}

/**
 * @returns whether it was applied or given up: then there is more to settle. It is given up as soon as something that it concerns is stuck:
 * nobody knows whether that will ever stop, and until it has nothing of the change can hold, while everything else that it concerns stands still.
 */
export function applyWhenAtRest(turn: Turn, change: Reconfiguration): boolean {
  const { state } = turn;
  const stuck = stuckOf(state, change);
  if (stuck.length > 0) {
    drop(turn, change, stuck);
    return true;
  }
  const hosts = hostsOfCutOff(state, change);
  if (hosts.length > 0) {
    state.reconfiguration = { ...change, change: [...change.change, ...hosts.map(nodeOf)] };
    for (const host of hosts) hold(turn, host);
    return true;
  }
  for (const record of concerned(state, change)) {
    if (record.phase !== "idle" || record.blockers > 0 || hasChildren(record)) return false;
  }
  for (const scope of concernedLeases(state, change)) if (scope.state !== "off") return false;
  apply(turn, change);
  return true;
}

function stuckOf(state: KernelState, change: Reconfiguration): readonly string[] {
  const names: string[] = [];
  for (const record of concerned(state, change)) {
    if (record.phase === "stuck") names.push(record.name);
    for (const child of record.children ?? []) if (child.phase === "stuck") names.push(child.name);
  }
  return names;
}

/** What was held starts again by its old definition, with a clean slate: also what had failed or was done, since it was to be made anew. */
function drop(turn: Turn, change: Reconfiguration, stuck: readonly string[]): void {
  const { state } = turn;
  state.reconfiguration = undefined;
  turn.commands.push({ type: "reconfiguration-dropped", stuck });
  for (const record of concerned(state, change)) {
    record.held = false;
    resetForTerm(turn, record);
    turn.components.push(record);
  }
  for (const scope of concernedLeases(state, change)) {
    scope.held = false;
    turn.leases.push(scope);
  }
}

function apply(turn: Turn, change: Reconfiguration): void {
  const { state, now } = turn;
  state.reconfiguration = undefined;
  // Before anything is started, and before what is removed is forgotten.
  turn.commands.push({ type: "reconfigured" });
  for (const node of change.changeLeases) unlinkLease(scopeOf(state, node.name));
  for (const name of change.removeLeases) unlinkLease(scopeOf(state, name));
  for (const node of change.change) unlinkComponent(recordOf(state, node.name));
  for (const node of change.addLeases) addLease(state, node, now);
  for (const node of change.add) addComponent(state, { ...node, needs: [], after: [] }, now);
  for (const node of change.change) {
    const record = recordOf(state, node.name);
    record.policy = node.policy;
    moveTo(record, scopeOf(state, node.scope));
  }
  for (const node of change.add) linkComponent(state, recordOf(state, node.name), node);
  for (const node of change.change) linkComponent(state, recordOf(state, node.name), node);
  for (const node of [...change.addLeases, ...change.changeLeases]) linkLease(state, scopeOf(state, node.name), node);
  for (const name of change.remove) {
    removeComponent(state, recordOf(state, name));
    turn.commands.push({ type: "forget", component: name });
  }
  for (const name of change.removeLeases) state.scopes.delete(name);
  for (const node of change.change) {
    const record = recordOf(state, node.name);
    record.held = false;
    resetForTerm(turn, record);
    turn.components.push(record);
  }
  for (const node of change.add) {
    const record = recordOf(state, node.name);
    resetForTerm(turn, record);
    turn.components.push(record);
  }
  for (const node of [...change.addLeases, ...change.changeLeases]) {
    const scope = scopeOf(state, node.name);
    scope.held = false;
    turn.leases.push(scope);
  }
}

function moveTo(record: ComponentRecord, scope: ScopeRecord): void {
  if (record.scope === scope) return;
  record.scope.members.delete(record);
  scope.members.add(record);
  record.scope = scope;
  // Of another lease's count: an instance of it does not begin as a restart.
  record.term = 0;
}

function* concerned(state: KernelState, change: Reconfiguration): Generator<ComponentRecord> {
  for (const node of change.change) yield recordOf(state, node.name);
  for (const name of change.remove) yield recordOf(state, name);
}

function* concernedLeases(state: KernelState, change: Reconfiguration): Generator<ScopeRecord> {
  for (const node of change.changeLeases) yield scopeOf(state, node.name);
  for (const name of change.removeLeases) yield scopeOf(state, name);
}
