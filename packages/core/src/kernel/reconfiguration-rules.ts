import { addComponent, addLease, recordOf, scopeOf } from "./build-state.ts";
import { hasChildren, requestStop, resetForTerm } from "./component-rules.ts";
import { KernelInvariantError } from "./invariant-error.ts";
import { linkComponent, linkLease, removeComponent, unlinkComponent, unlinkLease } from "./links.ts";
import { reason } from "./reason.ts";
import type { ComponentNode, ComponentRecord, KernelState, Reconfiguration, ScopeRecord } from "./record.ts";
import { refresh, type Turn } from "./turn.ts";

/**
 * Another graph takes the place of this one while it runs: what the change concerns stops, with its dependents; when nothing
 * of it lives any more the edges are changed, all in one step; then whatever is wanted starts. Nothing else is touched. A stop that
 * hangs would keep the change, and all that it holds, waiting for ever: then it is dropped, and everything goes on as it was.
 *
 * @throws KernelInvariantError while another one is under way: the driver takes them one after the other.
 */
export function beginReconfiguration(turn: Turn, change: Reconfiguration): void {
  const { state } = turn;
  if (state.shutdown !== undefined) return;
  if (state.reconfiguration !== undefined) throw new KernelInvariantError("two reconfigurations at once");
  const stuck = [...stuckAmong(concerned(state, change)), ...stuckUnder(concernedLeases(state, change))];
  if (stuck.length > 0) {
    // Before anything is stopped for it.
    turn.commands.push({ type: "reconfiguration-dropped", stuck: stuck.map(({ name }) => name) });
    return;
  }
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
 * Of children nobody has composed anything: where one needs what is removed, moved out of its reach or replaced by another, whoever
 * spawned it starts anew, so that what it spawns is checked against the graph as it is then.
 */
function hostsOfCutOff(state: KernelState, change: Reconfiguration): readonly ComponentRecord[] {
  const moved = change.change.filter((node) => node.scope !== recordOf(state, node.name).scope.name);
  const hosts = new Set<ComponentRecord>();
  for (const name of [...change.remove, ...change.replaced, ...moved.map((node) => node.name)]) {
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

/** @returns whether it was applied or dropped: then there is more to settle. */
export function applyWhenAtRest(turn: Turn, change: Reconfiguration): boolean {
  const { state } = turn;
  const stuck = whatHangs(state, change);
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

/** Of what the change waits for: what will not end by itself. */
function whatHangs(state: KernelState, change: Reconfiguration): readonly ComponentRecord[] {
  const hanging: ComponentRecord[] = [];
  for (const record of concerned(state, change)) {
    // Only children that are stuck, or hang on to such, outlive their parent's instance: nothing is walked before.
    if (record.phase === "stuck" || (record.phase === "idle" && hasChildren(record))) hanging.push(record);
  }
  return [...stuckAmong(hanging), ...stuckUnder(concernedLeases(state, change))];
}

function* stuckUnder(scopes: Iterable<ScopeRecord>): Generator<ComponentRecord> {
  for (const scope of scopes) if (scope.stuck > 0) yield* stuckAmong(scope.members);
}

function* stuckAmong(records: Iterable<ComponentRecord>): Generator<ComponentRecord> {
  for (const record of records) {
    if (record.phase === "stuck") yield record;
    if (record.children !== undefined) yield* stuckAmong(record.children);
  }
}

/** The graph stays what it was. What was stopped for the change starts again, with another chance, as it would have after it. */
function drop(turn: Turn, change: Reconfiguration, stuck: readonly ComponentRecord[]): void {
  const { state } = turn;
  state.reconfiguration = undefined;
  turn.commands.push({ type: "reconfiguration-dropped", stuck: [...new Set(stuck)].map(({ name }) => name) });
  for (const record of concerned(state, change)) release(turn, record);
  for (const scope of concernedLeases(state, change)) releaseLease(turn, scope);
}

function release(turn: Turn, record: ComponentRecord): void {
  record.held = false;
  resetForTerm(turn, record);
  turn.components.push(record);
}

function releaseLease(turn: Turn, scope: ScopeRecord): void {
  scope.held = false;
  turn.leases.push(scope);
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
  for (const node of change.change) release(turn, recordOf(state, node.name));
  for (const node of change.add) release(turn, recordOf(state, node.name));
  for (const node of [...change.addLeases, ...change.changeLeases]) releaseLease(turn, scopeOf(state, node.name));
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
