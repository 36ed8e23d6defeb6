import { type CallMatch, type CallTarget, matches } from "./call-target.ts";
import { FaultProxyError } from "./fault-proxy-error.ts";

/** What a rule of the proxy does to a call. */
export type FaultEffect =
  | { readonly kind: "answer"; readonly status: number; readonly retryAfter?: number; readonly message?: string }
  | { readonly kind: "delay-request"; readonly delay: number }
  | { readonly kind: "delay-reply"; readonly delay: number }
  | { readonly kind: "drop-reply"; readonly how: "close" | "hang" }
  | { readonly kind: "hang-watch" }
  | { readonly kind: "expire-watch" }
  | { readonly kind: "cut-watch"; readonly midEvent: boolean };

export type FaultKind = FaultEffect["kind"];

export interface RuleOptions {
  /** How many calls it meets at most. Default: all, until it is removed. */
  readonly times?: number;
}

/** A fault that was asked for, as the test holds it. */
export interface FaultHandle {
  /** How many calls it has met. */
  readonly hits: number;
  /** Resolves when it has met `count` calls (default 1). @throws FaultProxyError `TENURE_FAULT_PROXY_NEVER` when it is removed before. */
  hit(count?: number): Promise<void>;
  /** Later calls do not meet it, and those that it delays go on at once. A second call does nothing. */
  remove(): void;
}

export class FaultRule<Effect extends FaultEffect = FaultEffect> implements FaultHandle {
  readonly effect: Effect;
  readonly #match: CallMatch;
  readonly #removed = new AbortController();
  readonly #waiters = new Set<{ count: number; resolve: () => void; reject: (error: Error) => void }>();
  #left: number;
  #hits = 0;

  constructor(effect: Effect, match: CallMatch, { times = Number.POSITIVE_INFINITY }: RuleOptions) {
    if (!(times >= 1)) throw wrongOption(`times is ${times}`, "Give 1 or more, or leave it out.");
    this.effect = effect;
    this.#match = match;
    this.#left = times;
  }

  get hits(): number {
    return this.#hits;
  }

  /** Aborts when the rule is removed. */
  get removed(): AbortSignal {
    return this.#removed.signal;
  }

  wants(target: CallTarget): boolean {
    return this.#left > 0 && matches(this.#match, target);
  }

  /** Takes one of its times for this call, which `took` or `gaveBack` follows. */
  claim(target: CallTarget): boolean {
    if (!this.wants(target)) return false;
    this.#left--;
    return true;
  }

  took(): void {
    this.#hits++;
    for (const waiter of this.#waiters) {
      if (waiter.count > this.#hits) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  gaveBack(): void {
    this.#left++;
  }

  hit(count = 1): Promise<void> {
    if (this.#hits >= count) return Promise.resolve();
    const waiting = this.removed.aborted
      ? Promise.reject(this.#never(count))
      : new Promise<void>((resolve, reject) => this.#waiters.add({ count, resolve, reject }));
    // Whoever awaits it learns of it; nobody else has to.
    waiting.catch(() => {});
    return waiting;
  }

  remove(): void {
    if (this.removed.aborted) return;
    this.#removed.abort();
    for (const { count, reject } of this.#waiters) reject(this.#never(count));
    this.#waiters.clear();
  }

  #never(count: number): FaultProxyError {
    return new FaultProxyError(
      "TENURE_FAULT_PROXY_NEVER",
      `the fault ${this.effect.kind} was removed after ${this.#hits} of ${count} calls`,
      "Await hit() before the fault is removed; look at calls() of the proxy for what came.",
    );
  }
}

export function wrongOption(message: string, remedy: string, cause?: unknown): FaultProxyError {
  return new FaultProxyError("TENURE_FAULT_PROXY_OPTION", message, remedy, cause);
}
