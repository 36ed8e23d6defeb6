import { drainPoint } from "@tenure/core";
import type { LeaseCommand } from "./lease-command.ts";
import type { LeaseEvent } from "./lease-event.ts";
import type { LeaseState } from "./lease-state.ts";
import { availableAt, deletedByWatch, nextToken, observe, released, seenByWatch } from "./observation-rules.ts";
import { committed, drain, expire, nextExpiry, won } from "./term-rules.ts";
import {
  abortFlight,
  dropTwin,
  hedgeAt,
  land,
  noteSuccess,
  noteTrouble,
  rememberLost,
  sendRead,
  sendWrite,
  setPhase,
  type Turn,
  tryLater,
} from "./turn.ts";
import { giveUp, standBack } from "./yield-rules.ts";

/**
 * One candidate for one lease, as a function: takes what happened and says what to do. No clock, no timer, no I/O; `state` is changed in
 * place. The same events at the same times give the same commands.
 *
 * What is known is noted first, then what time alone demands, then whatever the situation calls for: a late answer that proves a
 * renewal counts, and a term whose time is over ends even if the timer for it comes late.
 */
export function step(state: LeaseState, event: LeaseEvent, now: number): readonly LeaseCommand[] {
  const turn: Turn = { state, now, commands: [] };
  note(turn, event);
  expire(turn);
  let more = true;
  while (more) more = proceed(turn);
  schedule(turn);
  return turn.commands;
}

function note(turn: Turn, event: LeaseEvent): void {
  const { state, now } = turn;
  switch (event.type) {
    case "campaign":
      if (state.phase !== "withdrawn") return;
      state.leaving = undefined;
      state.drainAfter = drainPoint(state.timing, event.stopBudget);
      state.seen = undefined;
      state.mustRead = true;
      setPhase(turn, "standby", "campaigns");
      turn.commands.push({ type: "watch", on: true });
      return;
    case "withdraw":
      state.leaving ??= event.reason;
      drain(turn, event.reason);
      return;
    case "yield":
      giveUp(turn, event.pause, event.reason, event.because);
      return;
    case "stop-budget":
      state.drainAfter = drainPoint(state.timing, event.stopBudget);
      return;
    case "drained":
      if (event.number !== state.number || state.drained) return;
      state.drained = true;
      state.nextTryAt = now;
      return;
    case "seen":
      seenByWatch(turn, event.record);
      return;
    case "deleted":
      deletedByWatch(turn, event.resourceVersion);
      return;
    case "watch-gap":
      state.mustRead = true;
      return;
    case "candidates":
      state.candidates = event.others;
      return;
    case "timer":
      return;
    default:
      noteAnswer(turn, event);
  }
}

function noteAnswer(turn: Turn, event: Extract<LeaseEvent, { flight: number }>): void {
  const { state } = turn;
  const flight = land(state, event.flight);
  // The answer to a request that was given up, or that the watch has answered already.
  if (flight === undefined) return;
  switch (event.type) {
    case "read":
      // A write among them: its fate is open.
      abortFlight(turn);
      noteSuccess(turn);
      state.mustRead = false;
      state.collectionVersion = event.collectionVersion;
      observe(turn, event.record);
      return;
    case "written": {
      dropTwin(turn);
      noteSuccess(turn);
      // Through the same door as a read or the watch: the record names its write.
      if (flight.kind === "release") {
        state.seen = event.record;
        state.seenAt = turn.now;
        released(turn);
        return;
      }
      if (flight.write === undefined) return;
      rememberWritten(turn, event.record);
      if (flight.kind === "acquire") won(turn, flight.write);
      else committed(turn, flight.write);
      return;
    }
    case "failed":
      if (event.outcome === "conflict") {
        // Somebody has written since, or its twin has: look before anything else, at once.
        abortFlight(turn);
        state.mustRead = true;
        state.nextTryAt = turn.now;
        return;
      }
      noteTrouble(turn, event.error);
      if (event.outcome === "unknown" && flight.write !== undefined) {
        rememberLost(state, flight.write);
        if (flight.kind === "acquire") state.mustRead = true;
      }
      tryLater(turn, event.retryAfter, flight.sentAt);
  }
}

function rememberWritten(turn: Turn, record: Parameters<typeof seenByWatch>[1]): void {
  const { state, now } = turn;
  const before = state.seen;
  const holderBefore = before === undefined || before === "absent" ? "" : before.holder;
  state.seen = record;
  state.seenAt = now;
  state.highestToken = Math.max(state.highestToken, record.token);
  if (holderBefore !== record.holder) {
    turn.commands.push({ type: "holder-changed", from: holderBefore, to: record.holder });
  }
}

/** Does the one thing that is due now. @returns whether there may be another. */
function proceed(turn: Turn): boolean {
  switch (turn.state.phase) {
    case "withdrawn":
      return false;
    case "standby":
      return standBy(turn);
    case "acquiring":
      return acquire(turn);
    case "held":
    case "renewing-late":
    case "draining":
      return hold(turn);
    case "released":
    case "lost":
      return coolDown(turn);
    case "cooling-down":
      return rest(turn);
  }
}

/** The pause; and after it, if others are to have their turn first, until they have had the chance. */
function rest(turn: Turn): boolean {
  const { state, now } = turn;
  if (state.leaving !== undefined) return withdraw(turn);
  if (now < state.pauseUntil) return false;
  if (standBack(state, now) === undefined) {
    setPhase(turn, "standby", "campaigns again");
    return true;
  }
  // What the watch has missed may be that they have had it.
  if (state.mustRead && state.flight === undefined && now >= state.nextTryAt) sendRead(turn);
  return false;
}

function standBy(turn: Turn): boolean {
  const { state, now } = turn;
  if (state.leaving !== undefined) return withdraw(turn);
  if (state.flight !== undefined || now < state.nextTryAt) return false;
  if (state.mustRead || state.seen === undefined) {
    sendRead(turn);
    return false;
  }
  const available = availableAt(state);
  if (now < state.pauseUntil || available === undefined || now < available) return false;
  state.unresolved = [];
  setPhase(turn, "acquiring", state.seen === "absent" ? "there is no Lease" : whyFree(state));
  sendWrite(turn, "acquire", state.seen, nextToken(state));
  return false;
}

function whyFree(state: LeaseState): string {
  if (state.seen === undefined || state.seen === "absent" || state.seen.holder === "") return "the lease is free";
  if (state.seen.holder === state.identity) return "the lease is ours from before";
  return `"${state.seen.holder}" has not renewed it for ${state.seen.duration} ms`;
}

/** After the try: learn what became of it, if that is open; else stand by again. */
function acquire(turn: Turn): boolean {
  const { state, now } = turn;
  if (state.flight !== undefined) return false;
  const last = state.unresolved.at(-1);
  const givenUp = last !== undefined && now >= last.sentAt + state.timing.leaseDuration;
  if (last !== undefined && state.mustRead && !givenUp) {
    if (now >= state.nextTryAt) sendRead(turn);
    return false;
  }
  state.unresolved = [];
  setPhase(turn, "standby", "the try to acquire it did not succeed");
  return true;
}

/** Renew; and when the components have stopped, release. A release is sent here and nowhere else, and only with `drained`. */
function hold(turn: Turn): boolean {
  const { state, now } = turn;
  if (state.flight !== undefined) {
    const again = hedgeAt(state);
    if (again === undefined || now < again) return false;
    request(turn);
    return false;
  }
  // Others wait for a release: it is not held back by the pace of renewals, but by an error only.
  if (now < state.nextTryAt && !(isReleasing(state) && state.trouble === undefined)) return false;
  request(turn);
  return false;
}

function request(turn: Turn): void {
  const { state } = turn;
  const { seen } = state;
  if (state.mustRead || seen === undefined || seen === "absent") sendRead(turn);
  else sendWrite(turn, isReleasing(state) ? "release" : "renew", seen, state.token);
}

function isReleasing({ phase, drained }: LeaseState): boolean {
  return phase === "draining" && drained;
}

/** A new campaign begins only when nothing of the last term runs. */
function coolDown(turn: Turn): boolean {
  const { state, now } = turn;
  if (!state.drained) return false;
  // Who had to give it up lets the others try first.
  state.pauseUntil = Math.max(state.pauseUntil, now + state.timing.retryPeriod);
  state.nextTryAt = now;
  setPhase(turn, "cooling-down", state.reason);
  return true;
}

function withdraw(turn: Turn): boolean {
  const { state } = turn;
  abortFlight(turn);
  setPhase(turn, "withdrawn", state.leaving ?? "withdrawn");
  turn.commands.push({ type: "watch", on: false }, { type: "clear-timer" }, { type: "withdrawn" });
  return false;
}

function schedule(turn: Turn): void {
  const at = wakeAt(turn);
  if (at !== undefined) turn.commands.push({ type: "set-timer", at });
  else if (turn.state.phase !== "withdrawn") turn.commands.push({ type: "clear-timer" });
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

function wakeAt({ state, now }: Turn): number | undefined {
  const expiry = nextExpiry(state);
  if (state.flight !== undefined) return earliest(expiry, hedgeAt(state));
  switch (state.phase) {
    case "standby": {
      if (state.mustRead) return state.nextTryAt;
      const available = availableAt(state);
      return available === undefined ? state.nextTryAt : Math.max(available, state.nextTryAt, state.pauseUntil);
    }
    case "acquiring":
      return state.nextTryAt;
    case "held":
    case "renewing-late":
    case "draining":
      return expiry === undefined ? state.nextTryAt : Math.min(expiry, state.nextTryAt);
    case "cooling-down": {
      const until = standBack(state, now)?.until;
      if (now < state.pauseUntil || until === undefined) return state.pauseUntil;
      return state.mustRead ? Math.min(until, state.nextTryAt) : until;
    }
    default:
      return undefined;
  }
}
