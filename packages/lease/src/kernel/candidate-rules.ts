import type { LeaseCandidate } from "@tenure/core";
import type { LeaseRecord } from "../record/lease-record.ts";
import type { KnownCandidate } from "./known-candidate.ts";
import type { LeaseState } from "./lease-state.ts";

/** Only turns later than our own last one matter, and of more candidates than this nobody waits for each. */
const mostTurns = 64;

/** Whoever is seen to hold the lease has its turn; so had one whose whole turn the watch has missed, if it left word of it. */
export function noteTurn(state: LeaseState, record: LeaseRecord, now: number): void {
  const { holder: identity, token } = record.holder === "" ? (record.yielded ?? record) : record;
  if (identity === "" || identity === state.identity) return;
  if (turnSeen(state, identity) !== token) {
    const others = state.turns.filter((turn) => turn.identity !== identity);
    state.turns = [...others, { identity, token }].slice(-mostTurns);
    if (state.gaveWay !== undefined) state.gaveWay = { ...state.gaveWay, changedAt: now };
  }
  if (state.gaveWay !== undefined) state.gaveWay = { ...state.gaveWay, taken: true };
}

/** Undefined: who else is a candidate cannot be told. */
export function presentCandidates(state: LeaseState, now: number): readonly KnownCandidate[] | undefined {
  return state.candidates?.filter(({ presentUntil }) => now < presentUntil);
}

/** The present ones that have not held the lease since it was given up last. */
export function withoutTurn(state: LeaseState, now: number): readonly KnownCandidate[] {
  const { gaveWay } = state;
  if (gaveWay === undefined) return [];
  return (presentCandidates(state, now) ?? []).filter((candidate) => lastTurn(state, candidate) <= gaveWay.token);
}

/** For a snapshot. */
export function describeCandidates(state: LeaseState, now: number): readonly LeaseCandidate[] | undefined {
  return state.candidates?.map((candidate) => ({
    identity: candidate.identity,
    lastTurn: lastTurn(state, candidate) || undefined,
    present: now < candidate.presentUntil,
  }));
}

/** `"a", "b", "c" and 2 more`: it ends up in logs and reasons, which a hundred names would not make clearer. */
export function namesOf(candidates: readonly KnownCandidate[]): string {
  const named = candidates.slice(0, mostNamed).map(({ identity }) => `"${identity}"`);
  const more = candidates.length - named.length;
  return more > 0 ? `${named.join(", ")} and ${more} more` : named.join(", ");
}

const mostNamed = 3;

function lastTurn(state: LeaseState, { identity, lastTurn: own }: KnownCandidate): number {
  return Math.max(own, turnSeen(state, identity) ?? 0);
}

function turnSeen(state: LeaseState, identity: string): number | undefined {
  return state.turns.find((turn) => turn.identity === identity)?.token;
}
