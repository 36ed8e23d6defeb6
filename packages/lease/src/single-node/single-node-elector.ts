import type {
  CampaignOptions,
  Clock,
  LeaseElector,
  LeaseElectorSnapshot,
  LeaseListener,
  LeaseTiming,
  Timer,
  YieldOptions,
} from "@tenure/core";

/** In ms: the longest that a lease may be. */
const forEver = 2 ** 31 - 1;

/**
 * The right to act ends by no deadline, so that no chain of stops is too long for it. The supervisor wants numbers nevertheless.
 */
export const singleNodeTiming: LeaseTiming = Object.freeze({
  leaseDuration: forEver,
  renewDeadline: forEver,
  retryPeriod: 1,
  safetyMargin: 0,
});

export interface SingleNodeElectorOptions {
  readonly identity: string;
  readonly clock: Clock;
  /** Asked once a term: a number above all that it has given before. */
  readonly nextToken: () => number;
}

/**
 * Holds the lease from `campaign` to `withdraw`, in one term unless it is yielded. It asks nobody: whether there is anybody else has to be known before
 * it campaigns. Given up by a yield, it is held again after the pause, in the next term.
 */
export class SingleNodeElector implements LeaseElector {
  readonly identity: string;
  readonly timing = singleNodeTiming;
  readonly #clock: Clock;
  readonly #nextToken: () => number;
  #state: "withdrawn" | "cooling-down" | "held" | "draining" = "withdrawn";
  /** Read by terms at every question. One object a term, so that an old term never becomes valid again. */
  #validity = { number: 0, deadline: Number.NEGATIVE_INFINITY };
  #token: number | undefined;
  #pauseUntil = Number.NEGATIVE_INFINITY;
  #reason: string | undefined;
  #leaving = false;
  #timer: Timer | undefined;
  #listener: LeaseListener | undefined;

  constructor(options: SingleNodeElectorOptions) {
    this.identity = options.identity;
    this.#clock = options.clock;
    this.#nextToken = options.nextToken;
  }

  campaign(listener: LeaseListener, _options: CampaignOptions): void {
    this.#listener = listener;
    this.#state = "cooling-down";
    this.#holdWhenPaused();
  }

  drained(number: number): void {
    if (this.#state !== "draining" || number !== this.#validity.number) return;
    this.#validity.deadline = Number.NEGATIVE_INFINITY;
    this.#state = "cooling-down";
    this.#tell((listener) => listener.ended(number, "released"));
    if (this.#leaving) this.#leave();
    else this.#holdWhenPaused();
  }

  /** Since there is nobody else to try, a lease whose components cannot run is kept, and they are tried again. */
  yield({ pause, reason, because }: YieldOptions): string | undefined {
    if (because === "incapable")
      return "the lease is kept, since it is that of a single node: there is no other candidate";
    this.#pauseUntil = Math.max(this.#pauseUntil, this.#clock.now() + pause);
    this.#drain(reason);
    return undefined;
  }

  /** Nothing follows from it: there is no deadline to be early for. */
  setStopBudget(): void {}

  withdraw(reason: string): void {
    if (this.#leaving) return;
    this.#leaving = true;
    if (this.#state === "held") this.#drain(reason);
    else if (this.#state === "cooling-down") this.#leave();
  }

  snapshot(): LeaseElectorSnapshot {
    const holds = this.#state === "held" || this.#state === "draining";
    return {
      state: this.#state,
      holder: holds ? this.identity : undefined,
      token: this.#token,
      detail: this.#reason,
      candidates: [],
    };
  }

  #drain(reason: string): void {
    if (this.#state !== "held") return;
    const { number } = this.#validity;
    this.#state = "draining";
    this.#reason = reason;
    this.#tell((listener) => listener.draining(number, reason));
  }

  /** A timer is a hint: meanwhile the pause may have been extended, and the longest timer is shorter than the longest pause. */
  #holdWhenPaused(): void {
    this.#timer = undefined;
    const rest = this.#pauseUntil - this.#clock.now();
    if (rest > 0) {
      this.#timer = this.#clock.setTimer(rest, () => this.#holdWhenPaused());
      return;
    }
    const number = this.#validity.number + 1;
    const token = this.#nextToken();
    this.#state = "held";
    this.#reason = undefined;
    this.#token = token;
    const validity = { number, deadline: Number.POSITIVE_INFINITY };
    this.#validity = validity;
    this.#tell((listener) => listener.granted({ number, token, validity }));
  }

  #leave(): void {
    this.#timer?.cancel();
    this.#state = "withdrawn";
    this.#tell((listener) => listener.withdrawn());
  }

  /** From a turn of our own: the supervisor is never called from inside a call of its own. */
  #tell(report: (listener: LeaseListener) => void): void {
    const listener = this.#listener;
    if (listener !== undefined) queueMicrotask(() => report(listener));
  }
}
