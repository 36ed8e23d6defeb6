import type { KernelEvent } from "../kernel/event.ts";

/** The last events of the kernel with their times, for a report of a bug. Bounded: older ones make room. */
export class EventLog {
  readonly #capacity: number;
  // Side by side: an object of its own for each entry would double what it costs.
  readonly #events: KernelEvent[] = [];
  readonly #times: Float64Array;
  #next = 0;

  /** @param capacity default 1,000: some minutes of a busy controller, under a megabyte. */
  constructor(capacity = 1_000) {
    this.#capacity = capacity;
    this.#times = new Float64Array(capacity);
  }

  add(event: KernelEvent, at: number): void {
    this.#events[this.#next] = event;
    this.#times[this.#next] = at;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Oldest first. */
  entries(): readonly { readonly at: number; readonly event: KernelEvent }[] {
    const entries = this.#events.map((event, index) => ({ at: this.#times[index]!, event }));
    if (entries.length < this.#capacity) return entries;
    return [...entries.slice(this.#next), ...entries.slice(0, this.#next)];
  }
}
