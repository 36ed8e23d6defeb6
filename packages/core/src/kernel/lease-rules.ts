import { requestStop, resetForTerm } from "./component-rules.ts";
import { exitCode } from "./exit-code.ts";
import { KernelInvariantError } from "./invariant-error.ts";
import { type Reason, reason, reasons } from "./reason.ts";
import type { ComponentRecord, KernelState, ScopeRecord } from "./record.ts";
import { countBlockerOf, setPhase, type Turn, watchOutage } from "./turn.ts";

/** Campaigns, withdraws, reports a drained term, ends the process: whatever the scope's situation calls for now. */
export function evaluateScope(turn: Turn, scope: ScopeRecord): void {
  if (scope.isProcess) {
    evaluateEnd(turn);
    return;
  }
  const wanted =
    turn.state.shutdown === undefined && !scope.held && scope.unmetNeeds === 0 && turn.state.process.state === "held";
  if (scope.state === "off" && wanted) {
    enter(turn, scope, "campaigning", "waits for the lease");
    for (const need of scope.needs) countBlockerOf(turn, need, 1);
    turn.commands.push({ type: "campaign", lease: scope.name });
  } else if (scope.state !== "off" && !wanted && !scope.leaving) {
    scope.leaving = true;
    turn.commands.push({ type: "withdraw", lease: scope.name, reason: whyUnwanted(turn.state, scope) });
    // Nothing more is started, although the lease is held until its elector begins to drain.
    for (const record of scope.members) {
      turn.components.push(record);
      for (const child of record.children ?? []) turn.components.push(child);
    }
  }
  reportDrained(turn, scope);
}

function whyUnwanted(state: KernelState, scope: ScopeRecord): string {
  if (state.shutdown !== undefined) return state.shutdown.reason;
  if (scope.held) return "its configuration changes";
  const down = scope.needs.filter((need) => !need.up).map((need) => `"${need.name}"`);
  return `${down.join(", ")}, which the lease needs, ${down.length === 1 ? "does" : "do"} not run`;
}

/**
 * The safety of a release and of the next term rests on this: it is sent once a term, and only when no instance of the term
 * is left. A stuck instance counts; if only such are left the process ends itself while the lease is still respected.
 */
function reportDrained(turn: Turn, scope: ScopeRecord): void {
  if (scope.state !== "draining" && scope.state !== "ended") return;
  if (scope.live > 0) {
    if (scope.live === scope.stuck) exitStuck(turn, scope);
    return;
  }
  if (!scope.drainedSent) {
    scope.drainedSent = true;
    for (const record of scope.members) if (record.verdict === "done") discard(turn, record);
    turn.commands.push({ type: "drained", lease: scope.name, term: scope.term });
  }
  if (scope.state === "ended") enter(turn, scope, "campaigning", scope.reason);
}

/** Who relied on its work lived under the same lease. */
function discard(turn: Turn, record: ComponentRecord): void {
  resetForTerm(turn, record);
  turn.commands.push({ type: "discard", component: record.name });
}

function exitStuck(turn: Turn, scope: ScopeRecord): void {
  const names = [...turn.state.components.values()]
    .filter((record) => record.phase === "stuck" && record.scope === scope)
    .map((record) => `"${record.name}"`);
  turn.commands.push({ type: "exit", exitCode: exitCode.stuck, reason: `${names.join(", ")} did not stop` });
}

/** @throws KernelInvariantError when instances of an earlier term are left: the elector must not have asked for another. */
export function leaseGranted(turn: Turn, scope: ScopeRecord, term: number): void {
  if (scope.live > 0 || scope.state !== "campaigning" || term <= scope.term) {
    throw new KernelInvariantError(
      `lease "${scope.name}" was granted as term ${term} while ${scope.live} instances of term ${scope.term} live (${scope.state})`,
    );
  }
  scope.term = term;
  scope.drainedSent = false;
  if (scope.leaving) {
    // It crossed with our withdrawal: nothing is started, and it can be released at once.
    enter(turn, scope, "draining", "withdrawn before anything was started");
    turn.leases.push(scope);
    return;
  }
  enter(turn, scope, "held", "held");
  openScope(turn, scope);
}

export function leaseDraining(turn: Turn, scope: ScopeRecord, term: number, why: string): void {
  if (scope.state !== "held" || term !== scope.term) return;
  enter(turn, scope, "draining", why);
  closeScope(turn, scope, reason("scope-draining", `lease "${scope.name}" is given up: ${why}`, scope.name));
  turn.leases.push(scope);
}

export function leaseEnded(turn: Turn, scope: ScopeRecord, term: number, why: string): void {
  if ((scope.state !== "held" && scope.state !== "draining") || term !== scope.term) return;
  const wasHeld = scope.state === "held";
  enter(turn, scope, "ended", why);
  turn.commands.push({ type: "end-term", lease: scope.name, term, reason: why });
  if (wasHeld) closeScope(turn, scope, reason("term-ended", `lease "${scope.name}" has ended: ${why}`, scope.name));
  turn.leases.push(scope);
}

export function leaseWithdrawn(turn: Turn, scope: ScopeRecord): void {
  if (scope.state === "off") return;
  if (scope.live > 0) {
    throw new KernelInvariantError(`lease "${scope.name}" was withdrawn while ${scope.live} instances live`);
  }
  scope.leaving = false;
  enter(turn, scope, "off", "withdrawn");
  for (const need of scope.needs) countBlockerOf(turn, need, -1);
  turn.leases.push(scope, turn.state.process);
}

export function openScope(turn: Turn, scope: ScopeRecord): void {
  for (const record of scope.members) resetForTerm(turn, record);
  // All wait before any starts, so that order-only edges see who else is about to start.
  for (const record of scope.members) {
    if (record.phase === "idle") setPhase(turn, record, "waiting", reasons.turnNotCome);
  }
}

function closeScope(turn: Turn, scope: ScopeRecord, why: Reason): void {
  for (const record of scope.members) {
    // What is done stays so until the next term: at a shutdown, leases whose components rely on it are still being given up.
    if (record.verdict === "failed") resetForTerm(turn, record);
    else watchOutage(turn, record);
    requestStop(turn, record, why);
  }
}

/** Idempotent; of several exit codes the first that is not 0 stays. */
export function beginShutdown(turn: Turn, why: string, code: number): void {
  const { state } = turn;
  if (state.shutdown !== undefined) {
    if (state.shutdown.exitCode === exitCode.ok) state.shutdown.exitCode = code;
    return;
  }
  state.shutdown = { reason: why, exitCode: code };
  // Nothing starts any more: what it waited for is not worth waiting for.
  state.reconfiguration = undefined;
  enter(turn, state.process, "draining", why);
  // At once, and not when their turn comes: until a lease is being given up, its components may still be started.
  for (const scope of state.scopes.values()) if (!scope.isProcess) evaluateScope(turn, scope);
  turn.leases.push(state.process);
  closeScope(turn, state.process, reason("shutdown", why));
}

function evaluateEnd(turn: Turn): void {
  const { state } = turn;
  if (state.shutdown === undefined || state.finished) return;
  for (const scope of state.scopes.values()) if (!scope.isProcess && scope.state !== "off") return;
  if (state.process.live === 0) {
    state.finished = true;
    turn.commands.push({ type: "finished", exitCode: state.shutdown.exitCode });
  } else if (state.process.live === state.process.stuck) {
    exitStuck(turn, state.process);
  }
}

function enter(turn: Turn, scope: ScopeRecord, to: ScopeRecord["state"], why: string): void {
  scope.state = to;
  scope.since = turn.now;
  scope.reason = why;
}
