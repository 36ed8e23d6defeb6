import type { YieldOptions } from "@tenure/core";
import { namesOf, presentCandidates, withoutTurn } from "./candidate-rules.ts";
import { isHolding, type LeaseState } from "./lease-state.ts";
import { availableAt } from "./observation-rules.ts";
import { drain } from "./term-rules.ts";
import type { Turn } from "./turn.ts";

/**
 * An offer that somebody present has not taken is made again after this long, in ms: as long as a candidate's record counts. Who was cut
 * off, or paused, is back or gone by then; without an end, a lease would be kept by one that can do nothing with it.
 */
const offeredAgainAfter = 600_000;

/**
 * Nobody stands back for longer than this after the lease last changed hands, in ms. Whose components cannot run gives way within a minute or
 * a few (`critical`); who has kept it for five can run them, and a spare that stands back would only take over later than it could.
 */
const longestStandBack = 300_000;

/**
 * A candidate whose components cannot run gives way once to every other that it knows of, and again only when each that is present has
 * held the lease since: a fault that all of them share must not pass the lease round without a pause for anybody.
 *
 * @returns why it is kept; undefined: it may be given up, or is already
 */
export function whyKept(state: LeaseState, now: number): string | undefined {
  if (state.phase !== "held" && state.phase !== "renewing-late") return undefined;
  const { gaveWay } = state;
  const present = presentCandidates(state, now);
  // Whoever has kept it for so long may offer it again: else it would be kept for ever by one that can do nothing with it.
  const isLongAgo = gaveWay !== undefined && now >= gaveWay.at + offeredAgainAfter;
  // Electors of other kinds keep no records of themselves, but were seen to hold the lease.
  if (present === undefined || (present.length === 0 && state.turns.length > 0)) {
    return isLongAgo || gaveWay === undefined || gaveWay.taken
      ? undefined
      : "the lease is kept, since no other candidate has taken it since it was given up last";
  }
  if (present.length === 0) return "the lease is kept, since no other candidate is known";
  if (gaveWay === undefined || isLongAgo) return undefined;
  const waiting = withoutTurn(state, now);
  // To one that has come since, it has not given way yet.
  if (waiting.length === 0 || waiting.some(({ identity }) => !gaveWay.to.includes(identity))) return undefined;
  return `the lease is kept, since it was given up last for ${namesOf(waiting)}, without a turn since`;
}

/** Not campaigned for until the pause is over; a second call extends it. */
export function giveUp(turn: Turn, pause: number, reason: string, because: YieldOptions["because"]): void {
  const { state, now } = turn;
  state.pauseUntil = Math.max(state.pauseUntil, now + pause);
  if (!isHolding(state)) return;
  if (because === "incapable" && state.gaveWay?.token !== state.token) {
    const to = (presentCandidates(state, now) ?? []).map(({ identity }) => identity);
    state.gaveWay = { token: state.token, at: now, to, taken: false, changedAt: now };
  }
  // Everybody who may read Leases sees it: what follows the colon is an error's text, which may quote what a program has printed.
  if (state.phase !== "draining") state.yieldReason = because === "incapable" ? reason.split(": ", 1)[0]! : reason;
  drain(turn, reason);
}

/**
 * Having given way, it lets every present candidate have its turn first; but only while somebody holds the lease, or has had less than a
 * lease's duration to take it: whoever is free to take it has had the chance then.
 *
 * @returns until when, as far as can be told now, and why; undefined: it does not stand back
 */
export function standBack(
  state: LeaseState,
  now: number,
): { readonly until: number; readonly why: string } | undefined {
  const { gaveWay } = state;
  const waiting = withoutTurn(state, now);
  if (gaveWay === undefined || waiting.length === 0) return undefined;
  const until = Math.min(
    gaveWay.changedAt + longestStandBack,
    (availableAt(state) ?? now) + state.timing.leaseDuration,
    Math.max(...waiting.map(({ presentUntil }) => presentUntil)),
  );
  if (now >= until) return undefined;
  return { until, why: `it has given way, and ${namesOf(waiting)} is to have a turn first` };
}
