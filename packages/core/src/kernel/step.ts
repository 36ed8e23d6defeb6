import { addComponent, scopeOf } from "./build-state.ts";
import type { KernelCommand } from "./command.ts";
import { evaluate, instanceEnded, requestStop, stopTimedOut } from "./component-rules.ts";
import type { KernelEvent } from "./event.ts";
import { healthAnswered, healthTimer, scheduleHealth } from "./health-rules.ts";
import {
  beginShutdown,
  evaluateScope,
  leaseDraining,
  leaseEnded,
  leaseGranted,
  leaseWithdrawn,
  openScope,
} from "./lease-rules.ts";
import { reason, reasons } from "./reason.ts";
import { applyWhenAtRest, beginReconfiguration } from "./reconfiguration-rules.ts";
import type { ComponentRecord, KernelState } from "./record.ts";
import { outageTooLong, yieldRefused } from "./restart-rules.ts";
import { clearTimer, setPhase, type Turn, watchOutage } from "./turn.ts";

/**
 * The supervisor, as a function: takes what happened and says what to do. No clock, no promise, no I/O; `state` is changed in
 * place, and the same events at the same times give the same commands.
 *
 * Late and repeated events are ignored by their instance or term number; nothing is done because of an event alone, but
 * because of what is wanted and what is there once it has been noted (level, not edge).
 *
 * @throws KernelInvariantError for what a correct kernel and elector never do.
 */
export function step(state: KernelState, event: KernelEvent, now: number): readonly KernelCommand[] {
  const turn: Turn = { state, now, commands: [], components: [], leases: [] };
  note(turn, event);
  settle(turn);
  while (state.reconfiguration !== undefined && applyWhenAtRest(turn, state.reconfiguration)) settle(turn);
  return turn.commands;
}

/** First in, first out: who became free first moves first. Leases come last, so that they see where the components ended up. */
function settle(turn: Turn): void {
  let nextComponent = 0;
  let nextLease = 0;
  for (;;) {
    const record = turn.components[nextComponent];
    if (record !== undefined) {
      nextComponent++;
      evaluate(turn, record);
      continue;
    }
    const scope = turn.leases[nextLease];
    if (scope === undefined) return;
    nextLease++;
    evaluateScope(turn, scope);
  }
}

function note(turn: Turn, event: KernelEvent): void {
  const { state } = turn;
  switch (event.type) {
    case "boot":
      boot(turn);
      return;
    case "shutdown":
      beginShutdown(turn, event.reason, event.exitCode);
      return;
    case "lease.granted":
      leaseGranted(turn, scopeOf(state, event.lease), event.term);
      return;
    case "lease.draining":
      leaseDraining(turn, scopeOf(state, event.lease), event.term, event.reason);
      return;
    case "lease.ended":
      leaseEnded(turn, scopeOf(state, event.lease), event.term, event.reason);
      return;
    case "lease.withdrawn":
      leaseWithdrawn(turn, scopeOf(state, event.lease));
      return;
    case "spawn": {
      const child = addComponent(state, event.node, turn.now);
      watchOutage(turn, child);
      turn.components.push(child);
      return;
    }
    case "reconfigure":
      beginReconfiguration(turn, event.change);
      return;
    default:
      noteOfComponent(turn, event);
  }
}

function noteOfComponent(turn: Turn, event: Extract<KernelEvent, { component: string }>): void {
  const record = turn.state.components.get(event.component);
  if (record === undefined) return;
  if ("instance" in event && event.instance !== record.instance) return;
  switch (event.type) {
    case "started":
      if (record.phase !== "starting") return;
      clearTimer(turn, record);
      record.checksHealth = event.checksHealth;
      setPhase(turn, record, "running", reasons.runs);
      scheduleHealth(turn, record);
      return;
    case "start-failed":
      if (record.phase === "starting") fail(turn, record, "start-failed", `start failed: ${event.error}`);
      return;
    case "crashed":
      fail(turn, record, "crashed", `failed: ${event.error}`);
      return;
    case "done":
      requestStop(turn, record, reason("done", "its work is done"), {
        kind: record.policy.restartMode === "always" ? "again" : "done",
      });
      return;
    case "stopped":
      if (record.stopSent || record.phase === "stuck") instanceEnded(turn, record, event.error);
      return;
    case "health":
      healthAnswered(turn, record, event.ok, event.detail);
      return;
    case "remove":
      record.removed = true;
      watchOutage(turn, record);
      requestStop(turn, record, reason("removed", event.reason));
      return;
    case "yield-refused":
      if (event.term === record.term) yieldRefused(turn, record, event.reason);
      return;
    case "timer":
      if (event.timer === "phase") phaseTimerFired(turn, record, event.at);
      else if (record.outageAt === event.at) outageTooLong(turn, record);
  }
}

function phaseTimerFired(turn: Turn, record: ComponentRecord, at: number): void {
  if (record.timerAt !== at) return;
  record.timerAt = undefined;
  switch (record.phase) {
    case "starting":
      fail(turn, record, "start-timeout", `did not start within ${record.policy.startTimeout} ms`);
      return;
    case "stopping":
      stopTimedOut(turn, record);
      return;
    case "backoff":
      setPhase(turn, record, "waiting", reason("restarting", "its back-off is over"));
      return;
    case "running":
    case "degraded":
      healthTimer(turn, record);
  }
}

export function fail(
  turn: Turn,
  record: ComponentRecord,
  code: "start-failed" | "crashed" | "start-timeout" | "unhealthy",
  text: string,
): void {
  if (record.phase === "stopping" || record.phase === "stuck") return;
  const why = reason(code, text);
  record.lastError = text;
  requestStop(turn, record, why, { kind: "failure", reason: why });
}

function boot(turn: Turn): void {
  const { process } = turn.state;
  if (process.state !== "off") return;
  process.state = "held";
  process.term = 1;
  process.since = turn.now;
  process.reason = "the process runs";
  openScope(turn, process);
  for (const scope of turn.state.scopes.values()) turn.leases.push(scope);
}
