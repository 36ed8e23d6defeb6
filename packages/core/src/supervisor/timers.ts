import type { Clock, Timer } from "../clock/clock.ts";
import type { TimerKind } from "../kernel/command.ts";

/**
 * The timers that the kernel has asked for. What it sets and clears within one turn of the event loop, as for a start that
 * settles at once, never becomes a timer of the clock: only what is left at the end of the turn does.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #fired: (component: string, kind: TimerKind, at: number) => void;
  readonly #phase = new Kind();
  readonly #outage = new Kind();

  constructor(clock: Clock, fired: (component: string, kind: TimerKind, at: number) => void) {
    this.#clock = clock;
    this.#fired = fired;
  }

  /** Replaces the component's earlier one of that kind. */
  set(component: string, kind: TimerKind, at: number): void {
    this.#of(kind).changed.set(component, at);
  }

  clear(component: string, kind: TimerKind): void {
    this.#of(kind).changed.set(component, undefined);
  }

  /** Makes the clock's timers what the kernel has asked for. */
  flush(): void {
    this.#flush("phase");
    this.#flush("outage");
  }

  /** No timer is left. */
  cancelAll(): void {
    for (const kind of [this.#phase, this.#outage]) {
      for (const timer of kind.armed.values()) timer.cancel();
      kind.armed.clear();
      kind.changed.clear();
    }
  }

  #of(kind: TimerKind): Kind {
    return kind === "phase" ? this.#phase : this.#outage;
  }

  #flush(name: TimerKind): void {
    const kind = this.#of(name);
    if (kind.changed.size === 0) return;
    const now = this.#clock.recent?.() ?? this.#clock.now();
    for (const [component, at] of kind.changed) {
      kind.armed.get(component)?.cancel();
      kind.armed.delete(component);
      if (at === undefined) continue;
      // It may fire a little early by the clock that is compared; the event carries the time that was asked for.
      const timer = this.#clock.setTimer(at - now, () => {
        kind.armed.delete(component);
        this.#fired(component, name, at);
      });
      kind.armed.set(component, timer);
    }
    kind.changed.clear();
  }
}

class Kind {
  readonly armed = new Map<string, Timer>();
  readonly changed = new Map<string, number | undefined>();
}
