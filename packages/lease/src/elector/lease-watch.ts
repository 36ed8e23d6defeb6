import type { Clock, Timer } from "@tenure/core";
import type { LeaseStore } from "./lease-store.ts";

type WatchedEvent = ReturnType<LeaseStore["watch"]> extends AsyncGenerator<infer Event> ? Event : never;

export interface LeaseWatchListener {
  seen(event: Exclude<WatchedEvent, { type: "progress" }>): void;
  /** What happened since the last event may have been missed. */
  gap(): void;
  /** For how long, in ms, nothing may come before the watch counts as dead. */
  longestSilence(): number;
}

/** A first try again after this many ms, then twice as much, up to the cap; each half to one and a half times, so that many do not come at once. */
const firstDelay = 200;
const longestDelay = 5_000;

/**
 * Keeps a watch of the Lease open while it is on. A watch only makes things faster: what it misses is found by the candidate's next
 * conditional write, so its errors are no trouble of the lease. One that carries nothing for too long is made anew: a connection may be dead, or
 * a proxy between may have forgotten it, without anybody being told.
 */
export class LeaseWatch {
  readonly #store: LeaseStore;
  readonly #clock: Clock;
  readonly #listener: LeaseWatchListener;
  readonly #random: () => number;
  #abort: AbortController | undefined;
  /** Sets the timer for the silence of the watch that is open now. */
  #awaitProgress: (() => void) | undefined;
  #timer: Timer | undefined;
  #life: Promise<void> = Promise.resolve();

  /** @param random from 0 to 1, for the jitter */
  constructor(store: LeaseStore, clock: Clock, listener: LeaseWatchListener, random: () => number) {
    this.#store = store;
    this.#clock = clock;
    this.#listener = listener;
    this.#random = random;
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

  /** Another silence than before is the longest: it counts for the watch that is open, too. */
  silenceChanged(): void {
    this.#awaitProgress?.();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let delay = firstDelay;
    while (!signal.aborted) {
      const { progressed, silent } = await this.#watchOnce(signal);
      if (signal.aborted) return;
      if (progressed) delay = firstDelay;
      // Silence was wait enough.
      if (!silent) {
        await this.#pause(delay * (0.5 + this.#random()), signal);
        delay = Math.min(delay * 2, longestDelay);
      }
      if (!signal.aborted) this.#listener.gap();
    }
  }

  async #watchOnce(signal: AbortSignal): Promise<{ readonly progressed: boolean; readonly silent: boolean }> {
    const watch = new AbortController();
    const end = () => watch.abort();
    signal.addEventListener("abort", end);
    let progressed = false;
    let silent = false;
    let heardAt = this.#clock.now();
    const awaitProgress = () => {
      const left = heardAt + this.#listener.longestSilence() - this.#clock.now();
      this.#timer?.cancel();
      this.#timer = this.#clock.setTimer(Math.max(0, left), () => {
        silent = true;
        end();
      });
    };
    try {
      this.#awaitProgress = awaitProgress;
      awaitProgress();
      for await (const event of this.#store.watch(watch.signal)) {
        if (signal.aborted) break;
        progressed = true;
        heardAt = this.#clock.now();
        if (event.type !== "progress") this.#listener.seen(event);
        awaitProgress();
      }
    } catch {
      // The candidate's own requests report the same trouble, once.
    } finally {
      this.#awaitProgress = undefined;
      this.#timer?.cancel();
      signal.removeEventListener("abort", end);
    }
    return { progressed, silent };
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
