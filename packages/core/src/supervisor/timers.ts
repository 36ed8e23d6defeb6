import type { Clock, Timer } from "../clock/clock.ts";
import type { TimerKind } from "../kernel/command.ts";

interface Deadline {
  readonly component: string;
  readonly kind: TimerKind;
  readonly at: number;
  /** Of two deadlines at the same time the one that was set first comes first. */
  readonly order: number;
  /** Cleared or replaced: it stays in the heap until it is passed. */
  dropped: boolean;
}

/** So many dropped deadlines are not worth tidying up. */
const fewDropped = 64;

/** A timer of the clock that comes this much too early was cut short by the clock's longest delay. */
const cutShort = 1_000;

/**
 * The timers that the kernel has asked for, as one timer of the clock for the earliest of them. Nearly all are cleared before their
 * time: a start or a stop that ends in time costs two changes of a map, and never a timer of the clock's.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #fired: (component: string, kind: TimerKind, at: number) => void;
  readonly #phase = new Map<string, Deadline>();
  readonly #outage = new Map<string, Deadline>();
  /** A binary heap: the parent of the entry at n is at (n − 1) >> 1, and is not later. */
  #heap: Deadline[] = [];
  #order = 0;
  #dropped = 0;
  #firing = false;
  #armed: { readonly at: number; readonly timer: Timer } | undefined;

  constructor(clock: Clock, fired: (component: string, kind: TimerKind, at: number) => void) {
    this.#clock = clock;
    this.#fired = fired;
  }

  /** Replaces the component's earlier one of that kind. */
  set(component: string, kind: TimerKind, at: number): void {
    this.clear(component, kind);
    const deadline = { component, kind, at, order: this.#order++, dropped: false };
    this.#of(kind).set(component, deadline);
    this.#push(deadline);
  }

  clear(component: string, kind: TimerKind): void {
    const deadlines = this.#of(kind);
    const deadline = deadlines.get(component);
    if (deadline === undefined) return;
    deadlines.delete(component);
    deadline.dropped = true;
    this.#dropped++;
  }

  /** Makes the clock's timer what is needed now. One that is too early is left: it will find nothing to do, and be set anew. */
  flush(): void {
    if (this.#firing) return;
    if (this.#dropped === this.#heap.length) this.#reset();
    else if (this.#dropped > fewDropped && this.#dropped > this.#heap.length / 2) this.#tidy();
    const next = this.#heap[0];
    if (next !== undefined && (this.#armed === undefined || next.at < this.#armed.at)) this.#arm(next.at);
  }

  /** No timer is left. */
  cancelAll(): void {
    this.#phase.clear();
    this.#outage.clear();
    this.#reset();
  }

  #of(kind: TimerKind): Map<string, Deadline> {
    return kind === "phase" ? this.#phase : this.#outage;
  }

  #reset(): void {
    this.#heap = [];
    this.#dropped = 0;
    this.#armed?.timer.cancel();
    this.#armed = undefined;
  }

  #tidy(): void {
    // In order, so that the result is a heap as it is.
    this.#heap = this.#heap
      .filter((deadline) => !deadline.dropped)
      .sort((left, right) => (isBefore(left, right) ? -1 : 1));
    this.#dropped = 0;
  }

  #arm(at: number): void {
    this.#armed?.timer.cancel();
    const now = this.#clock.recent?.() ?? this.#clock.now();
    this.#armed = { at, timer: this.#clock.setTimer(at - now, () => this.#due(at)) };
  }

  /** The clock's timer may be a little early by the clock that is compared: what it was set for is due all the same. */
  #due(armedFor: number): void {
    this.#armed = undefined;
    const now = this.#clock.now();
    const until = armedFor - now > cutShort ? now : Math.max(now, armedFor);
    // What is set meanwhile waits for the clock's next timer, also when it is due at once: others have their turn in between.
    const known = this.#order;
    this.#firing = true;
    try {
      for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
        if (!first.dropped && (first.at > until || first.order >= known)) break;
        this.#pop();
        if (first.dropped) {
          this.#dropped--;
          continue;
        }
        this.#of(first.kind).delete(first.component);
        this.#fired(first.component, first.kind, first.at);
      }
    } finally {
      this.#firing = false;
    }
    this.flush();
  }

  #push(deadline: Deadline): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent]!, deadline)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = deadline;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(left: Deadline, right: Deadline): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
