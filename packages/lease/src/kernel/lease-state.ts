import type { LeaseRecord } from "../record/lease-record.ts";
import type { ElectionTiming } from "./election-timing.ts";
import type { GaveWay, KnownCandidate, SeenTurn } from "./known-candidate.ts";
import type { LeasePhase } from "./lease-phase.ts";

/** A write that was sent and whose fate is not known. */
export interface SentWrite {
  readonly stamp: string;
  readonly token: number;
  /** When it was handed to the connection: validity counts from here. */
  readonly sentAt: number;
}

export interface Flight {
  readonly kind: "read" | "acquire" | "renew" | "release";
  readonly id: number;
  readonly sentAt: number;
  readonly write: SentWrite | undefined;
}

/** All that the lease's kernel knows. Plain data. Times are on the injected clock, in ms. */
export interface LeaseState {
  readonly identity: string;
  readonly timing: ElectionTiming;
  /** After the sending of the last renewal: see `drainPoint` of core. */
  drainAfter: number;
  phase: LeasePhase;
  /** Why it is in this phase, in words. */
  reason: string;
  /** Set by a withdrawal: why. */
  leaving: string | undefined;
  /** The newest record seen; `absent`: there is no Lease; undefined: not looked yet. */
  seen: LeaseRecord | "absent" | undefined;
  /** When the newest record, or its absence, was first seen: others' leases run from here, by our clock. */
  seenAt: number;
  /** What is there may be something else than `seen`: read before deciding by it. */
  mustRead: boolean;
  /** A random wait before a free lease is taken, so that many candidates do not rush. */
  rushDelay: number;
  /** Respect the last holder until then although the Lease is gone: it may not know yet. */
  respectUntil: number;
  /** The highest token ever seen, for a Lease that is made anew. */
  highestToken: number;
  /** Of the last read of the collection: a current revision, for the token. */
  collectionVersion: string;
  /** Of the current or last term; counts the grants. */
  number: number;
  token: number;
  /** The current term was granted, and its end must be told. */
  granted: boolean;
  /** Of the newest write of ours that is known to be committed. */
  committedStamp: string | undefined;
  /** When the newest renewal known to be committed was sent. */
  committedAt: number;
  /** Writes of this term, or of this try to acquire it, whose replies were lost. Bounded: see `rememberLost`. */
  unresolved: readonly SentWrite[];
  flight: Flight | undefined;
  /** The same request once more over a fresh connection, since the answer to `flight` is overdue. Only of a holder. */
  hedge: Flight | undefined;
  flights: number;
  stamps: number;
  /** The components of term `number` have stopped. */
  drained: boolean;
  /** Not before this is the next request of its own accord sent. */
  nextTryAt: number;
  /** Not before this is the lease campaigned for. */
  pauseUntil: number;
  /** The current term is given up by a yield: why. Recorded on the Lease. */
  yieldReason: string | undefined;
  gaveWay: GaveWay | undefined;
  /** The other candidates, by their own records; undefined: it cannot be told. */
  candidates: readonly KnownCandidate[] | undefined;
  /** The last turn of each other holder that was seen on the Lease, the newest last. Bounded: see `noteTurn`. */
  turns: readonly SeenTurn[];
  /** The last error, in words; undefined since the last success. */
  trouble: string | undefined;
  seed: number;
}

export function initialState(identity: string, timing: ElectionTiming, seed: number, now: number): LeaseState {
  return {
    identity,
    timing,
    drainAfter: timing.renewDeadline,
    phase: "withdrawn",
    reason: "not begun",
    leaving: undefined,
    seen: undefined,
    seenAt: now,
    mustRead: true,
    rushDelay: 0,
    respectUntil: 0,
    highestToken: 0,
    collectionVersion: "0",
    number: 0,
    token: 0,
    granted: false,
    committedStamp: undefined,
    committedAt: 0,
    unresolved: [],
    flight: undefined,
    hedge: undefined,
    flights: 0,
    stamps: 0,
    drained: true,
    nextTryAt: 0,
    pauseUntil: 0,
    yieldReason: undefined,
    gaveWay: undefined,
    candidates: undefined,
    turns: [],
    trouble: undefined,
    seed: seed >>> 0,
  };
}

/** Draining begins here at the latest. */
export function drainAt(state: LeaseState): number {
  return state.committedAt + state.drainAfter;
}

/** Where a long chain of stops makes draining begin early, it is renewed more often: a failed renewal must never cost the lease. */
export function renewInterval({ timing, drainAfter }: LeaseState): number {
  return Math.max(Math.min(timing.renewInterval, drainAfter / 2), timing.retryPeriod / 2);
}

/** The right to act ends here. */
export function deadline(state: LeaseState): number {
  return state.committedAt + state.timing.leaseDuration - state.timing.safetyMargin;
}

/** It is ours, as far as we know: from the grant until released or lost. */
export function isHolding(state: LeaseState): boolean {
  return state.phase === "held" || state.phase === "renewing-late" || state.phase === "draining";
}
