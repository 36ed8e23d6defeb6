import { nextRandom } from "../random/next-random.ts";
import { counted } from "../text/counted.ts";
import { isWanted } from "./component-rules.ts";
import { exitCode } from "./exit-code.ts";
import { beginShutdown } from "./lease-rules.ts";
import { type Reason, reason } from "./reason.ts";
import type { ComponentRecord, KernelState } from "./record.ts";
import { setPhase, setTimer, type Turn, watchOutage } from "./turn.ts";

/** After a failed instance has ended: start again later, or give up and do what the component declares for that. */
export function decideAfterFailure(turn: Turn, record: ComponentRecord, why: Reason): void {
  const { policy } = record;
  record.lastError = why.text;
  if (
    record.upSince !== undefined &&
    record.since > record.upSince &&
    record.since - record.upSince >= policy.resetAfter
  )
    record.failures = 0;
  record.upSince = undefined;
  record.failures++;
  if (policy.restartMode === "never" || isExhausted(turn, record)) {
    giveUp(turn, record, why);
    return;
  }
  if (!isWanted(record)) {
    setPhase(turn, record, "idle", why);
    return;
  }
  const delay = backoffDelay(turn.state, record);
  if (delay === 0) {
    setPhase(turn, record, "waiting", why);
    return;
  }
  setTimer(turn, record, turn.now + delay);
  setPhase(
    turn,
    record,
    "backoff",
    reason(why.code, `${why.text}; failure ${record.failures} in a row, tried again after ${Math.round(delay)} ms`),
  );
}

function isExhausted(turn: Turn, record: ComponentRecord): boolean {
  const { intensity } = record.policy;
  if (intensity === undefined) return false;
  record.recent = record.recent.filter((time) => turn.now - time < intensity.within);
  if (record.recent.length >= intensity.restarts) return true;
  record.recent = [...record.recent, turn.now];
  return false;
}

function giveUp(turn: Turn, record: ComponentRecord, why: Reason): void {
  const { policy } = record;
  const text =
    policy.restartMode === "never"
      ? `${why.text}; it is not restarted`
      : `${why.text}; ${counted(policy.intensity?.restarts ?? 0, "restart")} within ${policy.intensity?.within} ms did not help`;
  record.verdict = "failed";
  setPhase(turn, record, "failed", reason("exhausted", text));
  if (policy.onFailure === "yield") letAnotherTry(turn, record, text);
  else if (policy.onFailure === "exit") exitFor(turn, record, text);
}

/** A critical component has been down for too long, whatever the reason is. */
export function outageTooLong(turn: Turn, record: ComponentRecord): void {
  record.outageAt = undefined;
  const text = `it has not run for ${record.policy.criticalWithin} ms: ${whyDown(record)}`;
  if (record.policy.onFailure === "exit") exitFor(turn, record, text);
  else letAnotherTry(turn, record, text);
  // Should the lease be kept, this is asked again; should it be given up, the closing of the scope clears it.
  watchOutage(turn, record);
}

/** What keeps it from running, followed to where it begins. */
function whyDown(record: ComponentRecord): string {
  let cause = record;
  let path = "";
  while (cause.phase === "waiting") {
    const below = cause.needs.find((need) => !need.up) ?? cause.after.find((earlier) => !earlier.settled);
    if (below === undefined) break;
    path += `it waits for "${below.name}"; `;
    cause = below;
  }
  return `${path}${cause.phase}: ${cause.reason.text}`;
}

/** A process-scoped component has no lease to yield: the process itself is what another one can replace. */
function letAnotherTry(turn: Turn, record: ComponentRecord, text: string): void {
  const { scope } = record;
  if (scope.isProcess) {
    exitFor(turn, record, text);
    return;
  }
  turn.commands.push({
    type: "yield",
    lease: scope.name,
    term: scope.term,
    component: record.name,
    reason: `component "${record.name}" cannot run: ${text}`,
  });
}

function exitFor(turn: Turn, record: ComponentRecord, text: string): void {
  beginShutdown(turn, `component "${record.name}" has failed: ${text}`, exitCode.componentFailed);
}

/** Nobody else is left to try: it goes on trying, at the pace of the longest back-off. */
export function yieldRefused(turn: Turn, record: ComponentRecord, why: string): void {
  if (record.phase !== "failed") return;
  record.verdict = undefined;
  if (!isWanted(record)) {
    record.verdict = "failed";
    return;
  }
  setTimer(turn, record, turn.now + Math.max(1, record.policy.backoffCap));
  setPhase(
    turn,
    record,
    "backoff",
    reason("restarting", `${why}; tried again after ${record.policy.backoffCap} ms: ${record.lastError}`),
  );
}

/**
 * base × factor^(failures − 1), at most the cap, plus or minus the jitter. From the second failure in a row on at least 1 ms, whatever the
 * options say: a start that fails synchronously must not keep the event loop, and the lease's renewal with it, waiting for ever.
 */
function backoffDelay(state: KernelState, record: ComponentRecord): number {
  const { backoffBase, backoffFactor, backoffCap, backoffJitter } = record.policy;
  const plain = Math.min(backoffCap, backoffBase * backoffFactor ** (record.failures - 1));
  const delay = backoffJitter === 0 ? plain : plain * (1 + backoffJitter * (2 * nextRandom(state) - 1));
  return record.failures > 1 ? Math.max(1, delay) : delay;
}
