import type { Clock, Timer } from "@tenure/core";

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to move. Timers fire in the order of their times, then of their making. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Entry>();

  /** @param start in ms. Default 1,000,000: not 0, so that a reading taken for a duration is noticed. */
  constructor(start = 1_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  setTimer(delay: number, callback: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, delay), order: this.#order++, callback };
    this.#timers.add(entry);
    return { cancel: () => void this.#timers.delete(entry) };
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** When the next timer is due; undefined when there is none. */
  get nextTimer(): number | undefined {
    return this.#next(Number.POSITIVE_INFINITY)?.at;
  }

  /**
   * Moves on by `duration` ms, firing every timer that becomes due at its own time, and lets promises settle after each and at
   * the end.
   */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await settled();
    for (let entry = this.#next(end); entry !== undefined; entry = this.#next(end)) {
      this.#timers.delete(entry);
      this.#now = Math.max(this.#now, entry.at);
      entry.callback();
      await settled();
    }
    // Another call may have moved on further meanwhile.
    this.#now = Math.max(this.#now, end);
  }

  /** Time passes, but nothing fires, as for a process that was suspended; what became due fires with the next `advance`. */
  jump(duration: number): void {
    this.#now += duration;
  }

  #next(end: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#timers) {
      if (entry.at > end) continue;
      if (next === undefined || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) next = entry;
    }
    return next;
  }
}

/** Resolves when every promise that could settle without time or I/O has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
