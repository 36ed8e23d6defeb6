import type { Clock, Timer } from "@tenure/core";
import type { LeaseStore } from "./lease-store.ts";

type Seen = Parameters<LeaseWatchListener["seen"]>[0];

export interface LeaseWatchListener {
  seen(event: Awaited<ReturnType<ReturnType<LeaseStore["watch"]>["next"]>>["value"] & object): void;
  /** What happened since the last event may have been missed. */
  gap(): void;
}

/** A first try again after this many ms, then twice as much, up to the cap. */
const firstDelay = 200;
const longestDelay = 5_000;

/**
 * Keeps a watch of the Lease open while it is on. A watch only makes things faster: what it misses is found by the candidate's next
 * conditional write, so its errors are no trouble of the lease.
 */
export class LeaseWatch {
  readonly #store: LeaseStore;
  readonly #clock: Clock;
  readonly #listener: LeaseWatchListener;
  #abort: AbortController | undefined;
  #timer: Timer | undefined;
  #life: Promise<void> = Promise.resolve();

  constructor(store: LeaseStore, clock: Clock, listener: LeaseWatchListener) {
    this.#store = store;
    this.#clock = clock;
    this.#listener = listener;
  }

  start(): void {
    if (this.#abort !== undefined) return;
    this.#abort = new AbortController();
    this.#life = this.#run(this.#abort.signal);
  }

  /** Resolves when no request is in flight and no timer is left. */
  async stop(): Promise<void> {
    this.#abort?.abort();
    this.#abort = undefined;
    await this.#life;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let delay = firstDelay;
    while (!signal.aborted) {
      try {
        for await (const event of this.#store.watch(signal)) {
          delay = firstDelay;
          if (!signal.aborted) this.#listener.seen(event as Seen);
        }
      } catch {
        // The candidate's own requests report the same trouble, once.
      }
      if (signal.aborted) return;
      await this.#pause(delay, signal);
      delay = Math.min(delay * 2, longestDelay);
      if (!signal.aborted) this.#listener.gap();
    }
  }

  #pause(delay: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#timer?.cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      this.#timer = this.#clock.setTimer(delay, end);
      signal.addEventListener("abort", end);
    });
  }
}
