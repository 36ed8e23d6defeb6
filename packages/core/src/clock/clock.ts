/**
 * The only source of time. Everything that decides by time takes one, so that tests and the simulation run the same code
 * on a virtual one.
 */
export interface Clock {
  /**
   * Milliseconds since an arbitrary origin, monotonic, **counting the time for which the machine was suspended**. Readings
   * of one clock can be compared with one another and with nothing else.
   */
  now(): number;
  /**
   * As `now` and in order with it, for what is done often and decides nothing about the right to act: may learn of a suspension
   * up to 1 ms of waking time late. Default: `now`.
   */
  recent?(): number;
  /**
   * Calls `callback` once, not before `delay` milliseconds have passed; a negative delay counts as zero. A timer is a hint
   * to look again: after a suspension it may come long after its time, so what must not happen late is checked with `now()`.
   */
  setTimer(delay: number, callback: () => void): Timer;
}

export interface Timer {
  /** The callback will not be called any more. A second call, or one after the timer has fired, does nothing. */
  cancel(): void;
}
