import type { Clock, Timer } from "../clock/clock.ts";
import { describeError } from "../errors/tenure-error.ts";
import type {
  CampaignOptions,
  LeaseElector,
  LeaseElectorSnapshot,
  LeaseListener,
  LeaseTiming,
  YieldOptions,
} from "../lease/lease-elector.ts";

/** A first try again after this many ms, then twice as much, up to the cap: as for a component that does not start. */
const firstDelay = 1_000;
const longestDelay = 30_000;

/**
 * Campaigns with an elector that its plugin makes, however often that fails: a lease whose elector cannot be made is not held, which is no reason to
 * end what runs without it, and what the plugin misses may come.
 */
export class LateElector implements LeaseElector {
  readonly #timing: LeaseTiming;
  readonly #create: () => LeaseElector;
  readonly #clock: Clock;
  #made: LeaseElector | undefined;
  #listener: LeaseListener | undefined;
  #stopBudget = 0;
  #delay = firstDelay;
  #timer: Timer | undefined;
  #error: string | undefined;

  constructor(create: () => LeaseElector, timing: LeaseTiming, clock: Clock) {
    this.#create = create;
    this.#timing = timing;
    this.#clock = clock;
  }

  get identity(): string {
    return this.#made?.identity ?? "";
  }

  get timing(): LeaseTiming {
    return this.#made?.timing ?? this.#timing;
  }

  campaign(listener: LeaseListener, { stopBudget }: CampaignOptions): void {
    this.#listener = listener;
    this.#stopBudget = stopBudget;
    this.#tryToMake();
  }

  drained(number: number): void {
    this.#made?.drained(number);
  }

  yield(options: YieldOptions): string | undefined {
    return this.#made?.yield(options);
  }

  setStopBudget(stopBudget: number): void {
    this.#stopBudget = stopBudget;
    this.#made?.setStopBudget(stopBudget);
  }

  withdraw(reason: string): void {
    if (this.#made !== undefined) {
      this.#made.withdraw(reason);
      return;
    }
    this.#timer?.cancel();
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener !== undefined) queueMicrotask(() => listener.withdrawn());
  }

  snapshot(): LeaseElectorSnapshot {
    if (this.#made !== undefined) return this.#made.snapshot();
    return { state: "not-made", holder: undefined, token: undefined, detail: this.#error };
  }

  #tryToMake(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    try {
      const made: unknown = this.#create();
      if (!isElector(made)) throw new TypeError("its create did not return an elector: see LeaseElector");
      this.#made = made;
    } catch (error) {
      this.#error = `its elector cannot be made: ${describeError(error)}`;
      const message = `${this.#error}; tried again in ${this.#delay} ms`;
      queueMicrotask(() => listener.observed({ level: "error", message }));
      this.#timer = this.#clock.setTimer(this.#delay, () => this.#tryToMake());
      this.#delay = Math.min(this.#delay * 2, longestDelay);
      return;
    }
    this.#made.campaign(listener, { stopBudget: this.#stopBudget });
  }
}

function isElector(made: unknown): made is LeaseElector {
  return typeof made === "object" && made !== null && "campaign" in made && typeof made.campaign === "function";
}
