import {
  createTerm,
  type LeaseElector,
  type LeaseGrant,
  type LeaseListener,
  systemClock,
  type Term,
  type YieldOptions,
} from "@tenure/core";
import type { ResourceTracker } from "../conformance/resource-tracker.ts";
import { within } from "../conformance/within.ts";

/** One term, as the supervisor would see it, and when it was told of what. Times of the system's clock. */
export interface ObservedTerm {
  readonly number: number;
  readonly token: number;
  /** Made of the grant as the supervisor makes it, and never ended by hand: `held` tells what the elector says of the validity. */
  readonly term: Term;
  readonly grantedAt: number;
  /** When it was last seen to be valid, and not told to have ended. */
  heldUntil: number;
  drainingAt?: number;
  /** What was left of the right to act when the draining was told. */
  remainingAtDraining?: number;
  endedAt?: number;
  /** Whether the right to act was over when its end was told. */
  overWhenEnded?: boolean;
  drained: boolean;
}

/** When the components of a term have stopped: as soon as they are asked to, or when the case says so. */
export type Stopping = "at once" | "by hand";

/**
 * An elector in the hands of the suite: what it tells, with the times, and components that are nothing but the answer `drained`. Everything it does
 * runs in the context of the tracker.
 */
export class Candidate implements LeaseListener {
  readonly elector: LeaseElector;
  readonly terms: ObservedTerm[] = [];
  /** All that it was told, in order, as `granted 1`; observations are left out. */
  readonly told: string[] = [];
  /** What it was told from inside a call of its own. */
  readonly nested: string[] = [];
  stopping: Stopping = "at once";
  readonly #tracker: ResourceTracker;
  readonly #sample: () => void;
  readonly #waiting = new Set<() => void>();
  #calling: string | undefined;

  /** @param sample called whenever something has changed. */
  constructor(elector: LeaseElector, tracker: ResourceTracker, sample: () => void) {
    this.elector = elector;
    this.#tracker = tracker;
    this.#sample = sample;
  }

  get identity(): string {
    return this.elector.identity;
  }

  /** The term that has been granted last, and has not been told to have ended. */
  get current(): ObservedTerm | undefined {
    const last = this.terms.at(-1);
    return last?.endedAt === undefined ? last : undefined;
  }

  get hasWithdrawn(): boolean {
    return this.told.includes("withdrawn");
  }

  campaign(stopBudget: number): void {
    this.#call("campaign", () => this.elector.campaign(this, { stopBudget }));
  }

  yield(pause: number, because: YieldOptions["because"] = "asked"): string | undefined {
    return this.#call("yield", () => this.elector.yield({ pause, because, reason: "the suite asks for it" }));
  }

  drained(number: number): void {
    for (const term of this.terms) if (term.number === number) term.drained = true;
    this.#call("drained", () => this.elector.drained(number));
  }

  withdraw(): void {
    this.#call("withdraw", () => this.elector.withdraw("the suite is done with it"));
  }

  granted(grant: LeaseGrant): void {
    const { number, token, validity } = grant;
    const now = systemClock.now();
    const identity = { lease: "conformance", holder: this.identity, number, token };
    const { term } = createTerm(identity, validity, systemClock);
    this.terms.push({ number, token, term, grantedAt: now, heldUntil: now, drained: false });
    this.#note(`granted ${number}`);
  }

  draining(number: number, _reason: string): void {
    const observed = this.#termOf(number);
    if (observed !== undefined) {
      observed.drainingAt ??= systemClock.now();
      observed.remainingAtDraining ??= observed.term.remaining();
    }
    this.#note(`draining ${number}`);
    this.#stop(observed);
  }

  ended(number: number, _reason: string): void {
    const observed = this.#termOf(number);
    if (observed !== undefined) {
      observed.endedAt ??= systemClock.now();
      observed.overWhenEnded ??= !observed.term.held;
    }
    this.#note(`ended ${number}`);
    this.#stop(observed);
  }

  withdrawn(): void {
    this.#note("withdrawn");
  }

  observed(): void {}

  /** Resolves with true when it holds, with false when it has not after `limit` ms. Asked whenever something is told. */
  async until(holds: () => boolean, limit: number): Promise<boolean> {
    const end = performance.now() + limit;
    while (!holds()) {
      const rest = end - performance.now();
      if (rest <= 0) return false;
      let wake = () => {};
      await within(
        new Promise<void>((resolve) => {
          wake = resolve;
          this.#waiting.add(wake);
        }),
        rest,
      );
      this.#waiting.delete(wake);
    }
    return true;
  }

  /** The n-th term that was granted, from 1. */
  async term(count: number, limit: number): Promise<ObservedTerm | undefined> {
    await this.until(() => this.terms.length >= count, limit);
    return this.terms[count - 1];
  }

  #termOf(number: number): ObservedTerm | undefined {
    return this.terms.findLast((term) => term.number === number);
  }

  #stop(observed: ObservedTerm | undefined): void {
    if (this.stopping === "at once" && observed?.drained === false) this.drained(observed.number);
  }

  #call<R>(name: string, call: () => R): R {
    const outer = this.#calling;
    this.#calling = name;
    try {
      return this.#tracker.run(call);
    } finally {
      this.#calling = outer;
    }
  }

  #note(what: string): void {
    if (this.#calling !== undefined) this.nested.push(`${what}, inside ${this.#calling}`);
    this.told.push(what);
    this.#sample();
    for (const wake of this.#waiting) wake();
  }
}
