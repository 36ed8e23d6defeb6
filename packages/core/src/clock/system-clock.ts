import { uptime } from "node:os";
import type { Clock, Timer } from "./clock.ts";

/** Node's timers fire at once, with a warning, for a delay beyond a signed 32-bit integer. */
const longestDelay = 2 ** 31 - 1;

/**
 * The resolution of `os.uptime()` is 10 ms on Linux: a smaller difference between the two clocks says nothing. A suspension
 * shorter than this is inside of every safety margin.
 */
const suspensionThreshold = 50;

/**
 * The clock of this machine. `performance.now()` stands still while a machine is suspended and `os.uptime()` (CLOCK_BOOTTIME)
 * does not; both run at the same, NTP-disciplined rate. So their difference only grows, by the time spent suspended, and is
 * added. A reading costs about 5 µs, nearly all of it `os.uptime()`.
 */
export class SystemClock implements Clock {
  readonly #offset = uptime() * 1000 - performance.now();
  #suspended = 0;

  now(): number {
    const awake = performance.now();
    const suspended = uptime() * 1000 - awake - this.#offset;
    if (suspended > this.#suspended + suspensionThreshold) this.#suspended = suspended;
    return awake + this.#suspended;
  }

  setTimer(delay: number, callback: () => void): Timer {
    const handle = setTimeout(callback, Math.min(Math.max(delay, 0), longestDelay));
    return { cancel: () => clearTimeout(handle) };
  }
}

export const systemClock: Clock = new SystemClock();
