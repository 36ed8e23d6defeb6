import type { Validity } from "../term/term.ts";

/**
 * The contract between the supervisor and whatever elects the holder of a lease. The supervisor knows nothing of the
 * protocol; the elector knows nothing of components.
 *
 * One lease, seen by the supervisor:
 *
 * ```
 *   withdrawn ──campaign──▶ campaigning ──granted──▶ held ──draining──▶ draining ──drained()──▶ ended(released)
 *       ▲                      ▲                       │                   │
 *       └────withdrawn─────────┴──── drained() ◀── ended(lost) ◀───────────┘
 * ```
 */
export interface LeaseElector {
  /** Under which this process holds the lease: unique among candidates, `<hostname>_<uuid>` by convention. */
  readonly identity: string;
  readonly timing: LeaseTiming;
  /**
   * Begins to campaign. The elector calls `listener` from its own turns of the event loop, never from inside one of these
   * methods. Called once: an elector that has withdrawn is spent, and the supervisor makes another for its next campaign.
   */
  campaign(listener: LeaseListener, options: CampaignOptions): void;
  /**
   * "Nothing of term `number` runs any more." A draining lease is released now, and not before; after a loss the elector may
   * campaign again now, and not before. Renewing goes on until this is called. Called once a term; other numbers are ignored.
   */
  drained(number: number): void;
  /**
   * Give the held lease up and do not campaign for `pause` ms; a later call extends the pause. Not held: only the pause.
   *
   * @returns undefined when it is given up; else why it is kept. Only `because: "incapable"` may be refused: a candidate whose components cannot
   * run gives way once to every other candidate that it knows of, and not again before each has had its turn. Otherwise a fault that
   * all of them share would pass the lease round for ever, and nothing would run anywhere.
   */
  yield(options: YieldOptions): string | undefined;
  /** The longest stop chain has changed with the configuration: from now on draining begins that long before the right to act ends. */
  setStopBudget(stopBudget: number): void;
  /**
   * Leave: drain if held, release once drained, then stop campaigning. `listener.withdrawn` follows when no request of the
   * elector is in flight and no timer is left. A second call does nothing.
   */
  withdraw(reason: string): void;
  snapshot(): LeaseElectorSnapshot;
}

export interface CampaignOptions {
  /** How long the longest stop chain of the graph takes at most, in ms: the elector begins to drain that long, plus its margin, before the lease ends. */
  readonly stopBudget: number;
}

export interface YieldOptions {
  readonly pause: number;
  readonly reason: string;
  /** `asked`: by a person or a program. `incapable`: a component of this process cannot run, and another candidate might do better. */
  readonly because: "asked" | "incapable";
}

/** All in milliseconds. */
export interface LeaseTiming {
  /** How long others respect the lease after its last renewal. */
  readonly leaseDuration: number;
  /** Draining begins at the latest this long after the last successful renewal was sent. */
  readonly renewDeadline: number;
  /** Between two renewals, and between two tries. */
  readonly retryPeriod: number;
  /** For scheduling and differing clock rates: the right to act ends this long before the lease does. */
  readonly safetyMargin: number;
}

/** Told by the elector, in the order in which it happened. */
export interface LeaseListener {
  granted(grant: LeaseGrant): void;
  /** Stop the components: the lease is still valid and is renewed meanwhile, if it can be. */
  draining(number: number, reason: string): void;
  /** The right to act has ended, now: lost, or released after `drained`. */
  ended(number: number, reason: string): void;
  withdrawn(): void;
  /** Anything worth a log line: another holder seen, a renewal late, the API server unreachable and reachable again. */
  observed(event: LeaseObservation): void;
}

export interface LeaseGrant {
  /** 1 for the first term of this process, then 2, ... */
  readonly number: number;
  readonly token: number;
  readonly validity: Validity;
}

export interface LeaseObservation {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface LeaseElectorSnapshot {
  /** The state of the elector's own machine, as `standby` or `renewing-late`. */
  readonly state: string;
  /** Who holds the lease as far as this process has seen; undefined when nobody or not known. */
  readonly holder: string | undefined;
  /** Of the holder's term, as far as seen. */
  readonly token: number | undefined;
  /** What keeps it from doing better, in words: the last error, whom it waits for. */
  readonly detail: string | undefined;
  /** The other candidates for the lease that are known; undefined when it cannot be told who they are. */
  readonly candidates?: readonly LeaseCandidate[] | undefined;
  /** Having given the lease up because its components cannot run, it lets others have their turn first: why, in words. */
  readonly standsBack?: string | undefined;
}

/** Another process that would hold the lease. */
export interface LeaseCandidate {
  readonly identity: string;
  /** The token of the last term in which it held the lease; undefined: none that is known. */
  readonly lastTurn: number | undefined;
  /** It has shown a sign of life as lately as it should. */
  readonly present: boolean;
}

/**
 * The time after the sending of the last successful renewal at which draining must begin, so that the longest stop chain
 * ends before the right to act does. Not more than the configured renew deadline.
 */
export function drainPoint(timing: LeaseTiming, stopBudget: number): number {
  return Math.min(timing.renewDeadline, timing.leaseDuration - timing.safetyMargin - stopBudget);
}
