import type { KernelCommand } from "./command.ts";
import { KernelInvariantError } from "./invariant-error.ts";
import { hostsChildren, isLegalTransition, isLive, type Phase } from "./phase.ts";
import type { Reason } from "./reason.ts";
import type { ComponentRecord, KernelState, ScopeRecord } from "./record.ts";

const none: readonly never[] = Object.freeze([]);

/** One step under way: what it decides, and what it still has to look at because something nearby has changed. */
export interface Turn {
  readonly state: KernelState;
  readonly now: number;
  readonly commands: KernelCommand[];
  readonly components: ComponentRecord[];
  readonly leases: ScopeRecord[];
}

/**
 * The only place where a phase changes. Keeps every counter that others decide by in step with it, and puts on the agenda
 * whoever may have become free to move: nobody else is looked at.
 */
export function setPhase(turn: Turn, record: ComponentRecord, to: Phase, reason: Reason): void {
  const from = record.phase;
  if (!isLegalTransition(from, to)) {
    throw new KernelInvariantError(`component "${record.name}" must not go from ${from} to ${to} (${reason.text})`);
  }
  if (from === "waiting" && to === "starting") record.waited = turn.now - record.since;
  if (from === "starting") record.took = turn.now - record.since;
  record.phase = to;
  record.since = turn.now;
  record.reason = reason;
  turn.commands.push({
    type: "transition",
    component: record.name,
    from,
    to,
    reason,
    instance: record.instance,
    term: record.term,
  });
  if (isLive(from) !== isLive(to)) countLive(turn, record, isLive(to) ? 1 : -1);
  if ((from === "stuck") !== (to === "stuck")) countStuck(turn, record, to === "stuck" ? 1 : -1);
  if (blocksOthers(from) !== blocksOthers(to)) countBlocker(turn, record, blocksOthers(to) ? 1 : -1);
  if ((from === "stopping") !== (to === "stopping")) countOrderBlocker(turn, record, to === "stopping" ? 1 : -1);
  if (record.children !== undefined && hostsChildren(from) !== hostsChildren(to)) {
    for (const child of record.children) watchOutage(turn, child);
  }
  refresh(turn, record);
  turn.components.push(record);
}

/** A stuck instance does not keep those below it from stopping: they would hang with it. */
function blocksOthers(phase: Phase): boolean {
  return isLive(phase) && phase !== "stuck";
}

function countLive(turn: Turn, record: ComponentRecord, by: 1 | -1): void {
  record.scope.live += by;
  turn.leases.push(record.scope);
}

/** The last one that gets stuck is what ends the process: its scope is looked at again. */
function countStuck(turn: Turn, record: ComponentRecord, by: 1 | -1): void {
  record.scope.stuck += by;
  turn.leases.push(record.scope);
}

function countBlocker(turn: Turn, record: ComponentRecord, by: 1 | -1): void {
  for (const need of record.needs) countBlockerOf(turn, need, by);
  const parent = record.parent;
  if (parent !== undefined) {
    parent.liveChildren += by;
    if (parent.liveChildren === 0) turn.components.push(parent);
  }
}

/** Also called for a lease that begins or ends to use a component. */
export function countBlockerOf(turn: Turn, need: ComponentRecord, by: 1 | -1): void {
  need.blockers += by;
  if (need.blockers === 0) turn.components.push(need);
}

function countOrderBlocker(turn: Turn, record: ComponentRecord, by: 1 | -1): void {
  for (const earlier of record.after) {
    earlier.orderBlockers += by;
    if (earlier.orderBlockers === 0) turn.components.push(earlier);
  }
}

/** Derives `up`, `stalled` and `settled` anew and tells the neighbours of a change; iterative, since chains can be long. */
export function refresh(turn: Turn, first: ComponentRecord): void {
  const queue = [first];
  for (let record = queue.pop(); record !== undefined; record = queue.pop()) {
    const up = isUp(record);
    if (up !== record.up) {
      record.up = up;
      if (up) record.upSince = turn.now;
      watchOutage(turn, record);
      for (const dependent of record.neededBy ?? none) {
        dependent.unmetNeeds += up ? -1 : 1;
        if (dependent.unmetNeeds === 0) turn.components.push(dependent);
      }
      for (const lease of record.neededByLeases ?? none) {
        lease.unmetNeeds += up ? -1 : 1;
        turn.leases.push(lease);
      }
    }
    const stalled = isStalled(record);
    if (stalled !== record.stalled) {
      record.stalled = stalled;
      for (const dependent of record.neededBy ?? none) {
        dependent.stalledNeeds += stalled ? 1 : -1;
        queue.push(dependent);
      }
    }
    // While a reconfiguration holds it, it is about to be started again.
    const settled = up || stalled || (record.phase === "idle" && !record.held);
    if (settled !== record.settled) {
      record.settled = settled;
      for (const later of record.afteredBy ?? none) {
        later.unsettled += settled ? -1 : 1;
        if (later.unsettled === 0) turn.components.push(later);
      }
    }
  }
}

/** Work that is done stays done for those who needed it, until the scope closes. */
function isUp(record: ComponentRecord): boolean {
  if (record.phase === "running" || record.phase === "degraded") return true;
  if (record.verdict === "done") return true;
  return (record.phase === "stopping" || record.phase === "stuck") && record.outcome?.kind === "done";
}

function isStalled(record: ComponentRecord): boolean {
  if (isUp(record)) return false;
  if (record.phase === "backoff" || record.phase === "failed" || record.phase === "stuck") return true;
  return record.phase === "waiting" && record.stalledNeeds > 0;
}

export function setTimer(turn: Turn, record: ComponentRecord, at: number): void {
  record.timerAt = at;
  turn.commands.push({ type: "set-timer", component: record.name, timer: "phase", at });
}

export function clearTimer(turn: Turn, record: ComponentRecord): void {
  if (record.timerAt === undefined) return;
  record.timerAt = undefined;
  turn.commands.push({ type: "clear-timer", component: record.name, timer: "phase" });
}

/**
 * A critical component that does not come up, for whatever reason (its own start, a dependency of it, a back-off), is given a
 * time, counted from when it went down or its term began. Called whenever one of those may have changed.
 */
export function watchOutage(turn: Turn, record: ComponentRecord): void {
  const { criticalWithin } = record.policy;
  const down = criticalWithin !== undefined && !record.up && isMissed(record);
  if (down && record.outageAt === undefined) {
    record.outageAt = turn.now + criticalWithin;
    turn.commands.push({ type: "set-timer", component: record.name, timer: "outage", at: record.outageAt });
  } else if (!down && record.outageAt !== undefined) {
    record.outageAt = undefined;
    turn.commands.push({ type: "clear-timer", component: record.name, timer: "outage" });
  }
}

/** It would be there if all were well. */
function isMissed({ scope, removed, parent }: ComponentRecord): boolean {
  return scope.state === "held" && !removed && (parent === undefined || hostsChildren(parent.phase));
}
