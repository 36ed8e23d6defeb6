import type { LeaseRecord, LeaseWrite } from "../record/lease-record.ts";
import type { LeaseCommand } from "./lease-command.ts";
import { type LeasePhase, transitions } from "./lease-phase.ts";
import { deadline, isHolding, type LeaseState, nextRandom, type SentWrite } from "./lease-state.ts";

/** One step under way. */
export interface Turn {
  readonly state: LeaseState;
  readonly now: number;
  readonly commands: LeaseCommand[];
}

/** The only place where a phase changes. */
export function setPhase(turn: Turn, to: LeasePhase, reason: string): void {
  const { state } = turn;
  const from = state.phase;
  if (!transitions[from].includes(to)) throw new TypeError(`a lease must not go from ${from} to ${to} (${reason})`);
  state.phase = to;
  state.reason = reason;
  turn.commands.push({ type: "transition", from, to, reason });
}

/** No request of ours may take longer: a renewal that hangs is tried again on a fresh connection while there is time. */
const longestRequest = 2_000;

function requestTimeout(turn: Turn): number {
  const { timing } = turn.state;
  const usual = Math.min(longestRequest, Math.max(250, timing.renewDeadline / 2));
  if (!isHolding(turn.state)) return usual;
  return Math.max(1, Math.min(usual, deadline(turn.state) - turn.now));
}

export function sendRead(turn: Turn): void {
  const { state } = turn;
  state.flight = { kind: "read", id: ++state.flights, write: undefined };
  turn.commands.push({ type: "read", flight: state.flight.id, timeout: requestTimeout(turn) });
}

/** Every write is conditional on what was seen last, so that of two candidates only one succeeds, and a foreign record is never erased. */
export function sendWrite(turn: Turn, kind: LeaseWrite["kind"], base: LeaseRecord | "absent", token: number): void {
  const { state } = turn;
  const stamp = `${state.seed.toString(36)}-${++state.stamps}`;
  const sent: SentWrite = { stamp, token, sentAt: turn.now };
  state.flight = { kind, id: ++state.flights, write: sent };
  const { identity, yieldReason } = state;
  const write = { kind, identity, token, stamp, leaseDuration: state.timing.leaseDuration, yieldReason };
  turn.commands.push({ type: "write", flight: state.flight.id, write, base, timeout: requestTimeout(turn) });
}

/** The answer is not wanted any more. What was being written may still be written: it is remembered. */
export function abortFlight(turn: Turn): void {
  const { flight } = turn.state;
  if (flight === undefined) return;
  turn.state.flight = undefined;
  if (flight.write !== undefined) rememberLost(turn.state, flight.write);
  turn.commands.push({ type: "abort", flight: flight.id });
}

/** More than this many lost replies within one lease cannot matter: the older ones extend it by nothing. */
const mostUnresolved = 32;

export function rememberLost(state: LeaseState, write: SentWrite): void {
  state.unresolved = [...state.unresolved, write].slice(-mostUnresolved);
}

/** After something went wrong: soon for the holder, whose time runs; calmly for the others. */
export function tryLater(turn: Turn, retryAfter: number | undefined, sentAt: number): void {
  const { state, now } = turn;
  const { retryPeriod } = state.timing;
  const usual = isHolding(state)
    ? Math.max(now + Math.min(100, retryPeriod / 10), sentAt + retryPeriod)
    : now + retryPeriod * (0.5 + 0.5 * nextRandom(state));
  state.nextTryAt = retryAfter === undefined ? usual : Math.max(usual, now + retryAfter);
}

export function noteTrouble(turn: Turn, error: string): void {
  if (turn.state.trouble === error) return;
  turn.state.trouble = error;
  turn.commands.push({ type: "trouble", error });
}

export function noteSuccess(turn: Turn): void {
  const { trouble } = turn.state;
  if (trouble === undefined) return;
  turn.state.trouble = undefined;
  turn.commands.push({ type: "trouble-over", error: trouble });
}
