import { nextRandom } from "@tenure/core";
import type { LeaseRecord, LeaseWrite } from "../record/lease-record.ts";
import type { LeaseCommand } from "./lease-command.ts";
import { type LeasePhase, transitions } from "./lease-phase.ts";
import { deadline, drainAt, type Flight, isHolding, type LeaseState, type SentWrite } from "./lease-state.ts";

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

/** No request of ours may take longer, in ms. */
const longestRequest = 2_000;

function usualTimeout({ timing }: LeaseState): number {
  return Math.min(longestRequest, Math.max(250, timing.renewDeadline / 2));
}

function requestTimeout({ state, now }: Turn): number {
  const usual = usualTimeout(state);
  return isHolding(state) ? Math.max(1, Math.min(usual, deadline(state) - now)) : usual;
}

/**
 * When a holder's request that has no answer yet is sent once more over a fresh connection; undefined: not. A connection that carries nothing
 * shows it by silence alone, and TCP waits for longer than the lease lasts.
 */
export function hedgeAt(state: LeaseState): number | undefined {
  const { flight, hedge } = state;
  if (flight === undefined || hedge !== undefined || !isHolding(state)) return undefined;
  // Its answer is only a formality: the watch has shown it.
  if (flight.write !== undefined && flight.write.stamp === state.committedStamp) return undefined;
  return Math.max(flight.sentAt + usualTimeout(state) / 2, state.nextTryAt);
}

export function sendRead(turn: Turn): void {
  turn.commands.push({ type: "read", ...launch(turn, "read", undefined) });
}

/** Every write is conditional on what was seen last, so that of two candidates only one succeeds, and a foreign record is never erased. */
export function sendWrite(turn: Turn, kind: LeaseWrite["kind"], base: LeaseRecord | "absent", token: number): void {
  const { state } = turn;
  const stamp = `${state.seed.toString(36)}-${++state.stamps}`;
  const { identity, yieldReason } = state;
  const write = { kind, identity, token, stamp, leaseDuration: state.timing.leaseDuration, yieldReason };
  turn.commands.push({ type: "write", write, base, ...launch(turn, kind, { stamp, token, sentAt: turn.now }) });
}

/** Beside a request that is under way already, it is its hedge. */
function launch(turn: Turn, kind: Flight["kind"], write: SentWrite | undefined) {
  const { state, now } = turn;
  const flight: Flight = { kind, id: ++state.flights, sentAt: now, write };
  const fresh = state.flight !== undefined;
  if (fresh) state.hedge = flight;
  else state.flight = flight;
  return { flight: flight.id, timeout: requestTimeout(turn), fresh };
}

/** Takes the request that has been answered out of those under way. @returns undefined: nobody waits for this answer any more */
export function land(state: LeaseState, id: number): Flight | undefined {
  const { flight, hedge } = state;
  if (flight?.id === id) {
    state.flight = hedge;
    state.hedge = undefined;
    return flight;
  }
  if (hedge?.id !== id) return undefined;
  state.hedge = undefined;
  return hedge;
}

/** The answers are not wanted any more. What was being written may still be written: it is remembered. */
export function abortFlight(turn: Turn): void {
  const { state, commands } = turn;
  const { flight, hedge } = state;
  state.flight = undefined;
  state.hedge = undefined;
  for (const aborted of [flight, hedge]) {
    if (aborted === undefined) continue;
    if (aborted.write !== undefined) rememberLost(state, aborted.write);
    commands.push({ type: "abort", flight: aborted.id });
  }
}

/**
 * A write has succeeded, and its twin is not wanted. If that one is a write too it can do nothing any more, so it is not remembered: it was
 * conditional on the same record, or on an older one, and that is replaced. Had it been committed first, this one would have been refused.
 */
export function dropTwin(turn: Turn): void {
  const { state, commands } = turn;
  if (state.flight !== undefined) commands.push({ type: "abort", flight: state.flight.id });
  state.flight = undefined;
}

/** More than this many lost replies within one lease cannot matter: the older ones extend it by nothing. */
const mostUnresolved = 32;

export function rememberLost(state: LeaseState, write: SentWrite): void {
  state.unresolved = [...state.unresolved, write].slice(-mostUnresolved);
}

/**
 * After something went wrong: soon for the holder, whose time runs, twice in a retry period; calmly for the others. For how long the server asks
 * to wait is respected, but by a holder only so far that there is time for one more try before it must stop.
 */
export function tryLater(turn: Turn, retryAfter: number | undefined, sentAt: number): void {
  const { state, now } = turn;
  const { retryPeriod } = state.timing;
  const asked = now + (retryAfter ?? 0);
  if (!isHolding(state)) {
    state.nextTryAt = Math.max(now + retryPeriod * (0.5 + 0.5 * nextRandom(state)), asked);
    return;
  }
  const end = state.phase === "draining" ? deadline(state) : drainAt(state);
  const usual = Math.max(now + Math.min(100, retryPeriod / 10), sentAt + retryPeriod / 2);
  state.nextTryAt = Math.max(usual, Math.min(asked, end - usualTimeout(state)));
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
