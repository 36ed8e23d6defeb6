import type { Clock, Timer } from "../clock/clock.ts";
import type { KernelEvent } from "../kernel/event.ts";
import type {
  LeaseElector,
  LeaseElectorSnapshot,
  LeaseGrant,
  LeaseObservation,
  YieldOptions,
} from "../lease/lease-elector.ts";
import { createTerm, type TermControl } from "../term/term.ts";

/** What a session reports to the supervisor. */
export interface LeaseSessionObserver {
  event(event: KernelEvent): void;
  observed(lease: string, observation: LeaseObservation): void;
  /** The right to act ended a safety margin ago, and the term has not been drained: others may lead from now on. */
  overdue(lease: string, term: number): void;
}

/**
 * One campaign for one lease with one elector, from `campaign` to `withdrawn`. Turns grants into terms and numbers them on: an
 * elector counts its own terms from 1, the process counts all of them.
 */
export class LeaseSession {
  readonly #lease: string;
  readonly #elector: LeaseElector;
  readonly #clock: Clock;
  readonly #observer: LeaseSessionObserver;
  readonly #earlierTerms: number;
  #control: TermControl | undefined;
  #overdueTimer: Timer | undefined;
  #drainedTerm = 0;

  constructor(
    lease: string,
    elector: LeaseElector,
    clock: Clock,
    earlierTerms: number,
    observer: LeaseSessionObserver,
  ) {
    this.#lease = lease;
    this.#elector = elector;
    this.#clock = clock;
    this.#earlierTerms = earlierTerms;
    this.#observer = observer;
  }

  /** The current or last term. */
  get control(): TermControl | undefined {
    return this.#control;
  }

  get identity(): string {
    return this.#elector.identity;
  }

  campaign(stopBudget: number): void {
    const lease = this.#lease;
    const observer = this.#observer;
    const term = (number: number) => number + this.#earlierTerms;
    this.#elector.campaign(
      {
        granted: (grant) => {
          this.#begin(grant);
          observer.event({ type: "lease.granted", lease, term: term(grant.number) });
        },
        draining: (number, reason) => observer.event({ type: "lease.draining", lease, term: term(number), reason }),
        ended: (number, reason) => observer.event({ type: "lease.ended", lease, term: term(number), reason }),
        withdrawn: () => observer.event({ type: "lease.withdrawn", lease }),
        observed: (observation) => observer.observed(lease, observation),
      },
      { stopBudget },
    );
  }

  #begin(grant: LeaseGrant): void {
    // Over long since, unless the elector breaks the contract: then what it was given for must not go on.
    this.#control?.end("another term was granted");
    this.#control = createTerm(
      {
        lease: this.#lease,
        holder: this.#elector.identity,
        number: grant.number + this.#earlierTerms,
        token: grant.token,
      },
      grant.validity,
      this.#clock,
      grant.number,
    );
  }

  /** Ends the right to act. What still runs has until just before the lease ends for others too: the safety margin. */
  endTerm(reason: string): void {
    const control = this.#control;
    if (control === undefined) return;
    control.end(reason);
    if (this.#drainedTerm === control.term.number) return;
    this.#overdueTimer?.cancel();
    this.#overdueTimer = this.#clock.setTimer(this.#elector.timing.safetyMargin * 0.9, () =>
      this.#observer.overdue(this.#lease, control.term.number),
    );
  }

  drained(term: number): void {
    this.#drainedTerm = term;
    this.#overdueTimer?.cancel();
    this.#overdueTimer = undefined;
    this.#elector.drained(term - this.#earlierTerms);
  }

  /** @returns why the lease is kept, if it is. */
  yield(options: YieldOptions): string | undefined {
    return this.#elector.yield(options);
  }

  setStopBudget(stopBudget: number): void {
    this.#elector.setStopBudget(stopBudget);
  }

  withdraw(reason: string): void {
    this.#elector.withdraw(reason);
  }

  snapshot(): LeaseElectorSnapshot {
    return this.#elector.snapshot();
  }
}
