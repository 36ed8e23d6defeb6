import type { Clock } from "../clock/clock.ts";
import type { IsolatedEmitter } from "../events/isolated-emitter.ts";
import type { KernelEvent } from "../kernel/event.ts";
import type { LeaseElector, LeaseObservation } from "../lease/lease-elector.ts";
import { LeaseSession, type LeaseSessionObserver } from "./lease-session.ts";
import type { SupervisorEvents, TermEvent } from "./supervisor-event.ts";

export interface LeaseSessionsOptions {
  readonly clock: Clock;
  readonly events: IsolatedEmitter<SupervisorEvents>;
  readonly dispatch: (event: KernelEvent) => void;
  /** A term is over for others too, and was not drained. */
  readonly overdue: (lease: string, term: number) => void;
}

/** The campaigns for every lease, and what is told of them. Numbers the terms of the process on over campaigns. */
export class LeaseSessions implements LeaseSessionObserver {
  readonly #options: LeaseSessionsOptions;
  readonly #sessions = new Map<string, LeaseSession>();
  readonly #terms = new Map<string, number>();

  constructor(options: LeaseSessionsOptions) {
    this.#options = options;
  }

  /** The current or last one. */
  of(lease: string): LeaseSession | undefined {
    return this.#sessions.get(lease);
  }

  campaign(lease: string, elector: LeaseElector, stopBudget: number): void {
    const session = new LeaseSession(lease, elector, this.#options.clock, this.#terms.get(lease) ?? 0, this);
    this.#sessions.set(lease, session);
    session.campaign(stopBudget);
  }

  drained(lease: string, term: number): void {
    this.#options.events.emit("lease.drained", this.#termEvent(lease, "nothing of it runs any more"));
    this.#sessions.get(lease)?.drained(term);
  }

  /** The right to act is over. Told when every signal has been aborted: who listens may take its time. */
  endTerm(lease: string, reason: string, abortInstances: () => void): void {
    this.#sessions.get(lease)?.endTerm(reason);
    abortInstances();
    this.#options.events.emit("lease.ended", this.#termEvent(lease, reason));
  }

  /** Every right to act is over. */
  endAll(reason: string): void {
    for (const session of this.#sessions.values()) session.control?.end(reason);
  }

  event(event: KernelEvent): void {
    const { events, dispatch } = this.#options;
    switch (event.type) {
      case "lease.granted":
        this.#terms.set(event.lease, event.term);
        events.emit("lease.granted", this.#termEvent(event.lease, "acquired"));
        dispatch(event);
        return;
      case "lease.draining":
        events.emit("lease.draining", this.#termEvent(event.lease, event.reason));
        dispatch(event);
        return;
      default:
        dispatch(event);
    }
  }

  observed(lease: string, observation: LeaseObservation): void {
    this.#options.events.emit("lease.observed", { ...observation, lease });
  }

  overdue(lease: string, term: number): void {
    this.#options.overdue(lease, term);
  }

  #termEvent(lease: string, reason: string): TermEvent {
    const term = this.#sessions.get(lease)?.control?.term;
    return { lease, term: term?.number ?? 0, token: term?.token ?? 0, reason };
  }
}
