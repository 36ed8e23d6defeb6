import { noTimes, removeComponent } from "./links.ts";
import { hostsChildren } from "./phase.ts";
import { type Reason, reason, reasons } from "./reason.ts";
import type { ComponentRecord, Outcome } from "./record.ts";
import { decideAfterFailure } from "./restart-rules.ts";
import { clearTimer, refresh, setPhase, setTimer, type Turn, watchOutage } from "./turn.ts";

/** Whether it should run, its dependencies aside. Level, not edge: asked anew whenever something near it has changed. */
export function isWanted(record: ComponentRecord): boolean {
  const { scope } = record;
  // A lease that is about to be given up starts nothing more, although it is still held.
  if (scope.state !== "held" || scope.leaving) return false;
  if (record.removed || record.held || record.verdict !== undefined) return false;
  return record.parent === undefined || hostsChildren(record.parent.phase);
}

/** Moves the component on as far as it can go now. Called whenever one of its reasons to stand still may have gone. */
export function evaluate(turn: Turn, record: ComponentRecord): void {
  switch (record.phase) {
    case "idle":
      if (isWanted(record)) setPhase(turn, record, "waiting", reasons.turnNotCome);
      else if (isOver(record)) forget(turn, record);
      return;
    case "waiting":
      if (!isWanted(record)) setPhase(turn, record, "idle", whyUnwanted(turn, record));
      else if (record.unmetNeeds === 0 && record.unsettled === 0) start(turn, record);
      return;
    case "backoff":
      if (!isWanted(record)) {
        clearTimer(turn, record);
        setPhase(turn, record, "idle", whyUnwanted(turn, record));
      }
      return;
    case "failed":
      if (
        record.verdict === undefined ||
        record.removed ||
        record.held ||
        (record.parent && !hostsChildren(record.parent.phase))
      ) {
        setPhase(turn, record, "idle", whyUnwanted(turn, record));
      }
      return;
    case "stopping":
      if (!record.stopSent && isFreeToStop(record)) sendStop(turn, record);
      return;
  }
}

/** A child that will not come back: nothing needs to be known of it any more. */
function isOver(record: ComponentRecord): boolean {
  if (record.parent === undefined || hasChildren(record)) return false;
  return record.removed || record.verdict === "done" || !hostsChildren(record.parent.phase);
}

/** Stuck ones among them count: they hang on to their parent. */
export function hasChildren({ children }: ComponentRecord): boolean {
  return children !== undefined && children.size > 0;
}

function forget(turn: Turn, record: ComponentRecord): void {
  if (!turn.state.components.has(record.name)) return;
  removeComponent(turn.state, record);
  watchOutage(turn, record);
  if (record.parent !== undefined) turn.components.push(record.parent);
  turn.commands.push({ type: "forget", component: record.name });
}

function start(turn: Turn, record: ComponentRecord): void {
  if (record.instance > 0 && record.term === record.scope.term) record.restarts++;
  record.instance++;
  record.term = record.scope.term;
  record.outcome = undefined;
  record.stopSent = false;
  record.checksHealth = false;
  record.checking = false;
  record.healthFailures = 0;
  record.healthDetail = undefined;
  setPhase(turn, record, "starting", reasons.allNeedsRun);
  setTimer(turn, record, turn.now + record.policy.startTimeout);
  turn.commands.push({
    type: "start",
    component: record.name,
    instance: record.instance,
    scope: record.scope.name,
    term: record.term,
  });
}

/**
 * Asks components to stop, and everything that must not outlive them: hard dependents and children. All of them enter
 * `stopping` before any is told to, so that each sees the others as what it has to wait for.
 */
export function requestStop(turn: Turn, first: ComponentRecord, why: Reason, outcome?: Outcome): void {
  if (!hostsChildren(first.phase)) {
    turn.components.push(first);
    return;
  }
  const queue: { readonly record: ComponentRecord; readonly why: Reason }[] = [];
  beginStop(turn, first, why, outcome, queue);
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    if (hostsChildren(item.record.phase)) beginStop(turn, item.record, item.why, undefined, queue);
  }
}

function beginStop(
  turn: Turn,
  record: ComponentRecord,
  why: Reason,
  outcome: Outcome | undefined,
  queue: { readonly record: ComponentRecord; readonly why: Reason }[],
): void {
  clearTimer(turn, record);
  record.outcome = outcome;
  record.stopSent = false;
  setPhase(turn, record, "stopping", why);
  // When the whole scope closes, that is why each of its members stops; else it is the neighbour.
  const along = (target: ComponentRecord, neighbour: Reason) => ({
    record: target,
    why: target.scope.state === "held" ? neighbour : why,
  });
  if (record.neededBy !== undefined && outcome?.kind !== "done") {
    const neighbour = reason("dependency-stopping", `"${record.name}", which it needs, stops`, record.name);
    for (const dependent of record.neededBy) {
      if (hostsChildren(dependent.phase)) queue.push(along(dependent, neighbour));
    }
  }
  if (record.children !== undefined) {
    const neighbour = reason("parent-stopping", `"${record.name}", which spawned it, stops`, record.name);
    for (const child of record.children) {
      if (hostsChildren(child.phase)) queue.push(along(child, neighbour));
      // One that waits, or has failed, goes with it.
      else turn.components.push(child);
    }
  }
}

/** Whose work is done stops without its dependents: what they needed of it is there. */
function isFreeToStop(record: ComponentRecord): boolean {
  if (record.liveChildren > 0) return false;
  if (record.outcome?.kind === "done" && record.scope.state === "held") return true;
  return record.blockers === 0 && record.orderBlockers === 0;
}

function sendStop(turn: Turn, record: ComponentRecord): void {
  const deadline = turn.now + record.policy.stopTimeout;
  record.stopSent = true;
  setTimer(turn, record, deadline);
  turn.commands.push({
    type: "stop",
    component: record.name,
    instance: record.instance,
    reason: record.reason,
    deadline,
  });
}

/** The stop has not ended in time. What it needs may stop now; its lease must not be released. */
export function stopTimedOut(turn: Turn, record: ComponentRecord): void {
  record.timerAt = undefined;
  setPhase(
    turn,
    record,
    "stuck",
    reason(
      "stop-timeout",
      `did not stop within ${record.policy.stopTimeout} ms (asked because: ${record.reason.text})`,
    ),
  );
}

/** The instance has ended. Decides what follows from its outcome and from what its scope wants now. */
export function instanceEnded(turn: Turn, record: ComponentRecord, stopError: string | undefined): void {
  clearTimer(turn, record);
  // Only children that are stuck outlive it: they are not to be started again by its next instance.
  for (const child of record.children ?? []) child.removed = true;
  const outcome = record.outcome;
  record.outcome = undefined;
  record.stopSent = false;
  if (stopError !== undefined) record.lastError = stopError;
  if (outcome?.kind === "failure" && record.scope.state === "held" && !record.removed && !record.held) {
    decideAfterFailure(turn, record, outcome.reason);
  } else if (outcome?.kind === "done") {
    record.verdict = "done";
    setPhase(turn, record, "idle", reason("done", "its work is done"));
  } else if (outcome?.kind === "again" && isWanted(record)) {
    setTimer(turn, record, turn.now + record.policy.backoffBase);
    setPhase(turn, record, "backoff", reason("restarting", "its work was done; it is started again"));
  } else if (isWanted(record)) {
    setPhase(turn, record, "waiting", reason("restarting", `starts again after: ${record.reason.text}`));
  } else {
    setPhase(turn, record, "idle", stopError === undefined ? record.reason : reason("stop-failed", stopError));
  }
}

function whyUnwanted(turn: Turn, record: ComponentRecord): Reason {
  if (record.removed) return reason("removed", "was removed");
  if (record.held) return reason("reconfigured", "its configuration changes");
  if (turn.state.shutdown !== undefined) return reason("shutdown", turn.state.shutdown.reason);
  if (record.scope.state !== "held") {
    return reason(
      "scope-not-held",
      `lease "${record.scope.name}" is not held: ${record.scope.reason}`,
      record.scope.name,
    );
  }
  if (record.parent !== undefined)
    return reason("parent-stopping", `"${record.parent.name}" stops`, record.parent.name);
  return record.reason;
}

/** A new term begins with a clean slate. */
export function resetForTerm(turn: Turn, record: ComponentRecord): void {
  record.verdict = undefined;
  record.failures = 0;
  record.recent = noTimes;
  refresh(turn, record);
  watchOutage(turn, record);
}
