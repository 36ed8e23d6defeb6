import { type Clock, systemClock, type Timer } from "@tenure/core";

/** The clock of this machine, all of whose timers can be cancelled at once: a controller that hangs must not keep the process from ending. */
export class StageClock implements Clock {
  readonly #timers = new Set<Timer>();

  now(): number {
    return systemClock.now();
  }

  setTimer(delay: number, callback: () => void): Timer {
    const timer = systemClock.setTimer(delay, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  cancelAll(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
