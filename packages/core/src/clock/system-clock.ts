import { uptime } from "node:os";
import type { Clock, Timer } from "./clock.ts";

/** Node's timers fire at once, with a warning, for a delay beyond a signed 32-bit integer. */
const longestDelay = 2 ** 31 - 1;

/**
 * The resolution of `os.uptime()` is 10 ms on Linux: a smaller difference between the two clocks says nothing. A suspension
 * shorter than this is inside of every safety margin.
 */
const suspensionThreshold = 50;

/** For how long `recent` trusts what the last exact reading has learnt of suspensions, in milliseconds awake. */
const recentFor = 1;

/**
 * The clock of this machine. `performance.now()` stands still while a machine is suspended and `os.uptime()` (CLOCK_BOOTTIME)
 * does not; both run at the same, NTP-disciplined rate. So their difference only grows, by the time spent suspended, and is
 * added. A reading costs 5 to 15 µs, nearly all of it `os.uptime()`, which reads a file; a recent one a tenth of a microsecond.
 */
export class SystemClock implements Clock {
  readonly #offset = uptime() * 1000 - performance.now();
  #suspended = 0;
  #lastExact = Number.NEGATIVE_INFINITY;

  now(): number {
    const awake = performance.now();
    const suspended = uptime() * 1000 - awake - this.#offset;
    if (suspended > this.#suspended + suspensionThreshold) this.#suspended = suspended;
    this.#lastExact = awake;
    return awake + this.#suspended;
  }

  recent(): number {
    const awake = performance.now();
    return awake - this.#lastExact < recentFor ? awake + this.#suspended : this.now();
  }

  setTimer(delay: number, callback: () => void): Timer {
    const handle = setTimeout(callback, Math.min(Math.max(delay, 0), longestDelay));
    return { cancel: () => clearTimeout(handle) };
  }
}

export const systemClock: Clock = new SystemClock();
