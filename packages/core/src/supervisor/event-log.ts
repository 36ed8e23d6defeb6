import type { KernelEvent } from "../kernel/event.ts";

/** The last events of the kernel with their times, for a report of a bug. Bounded: older ones make room. */
export class EventLog {
  readonly #capacity: number;
  readonly #entries: { readonly at: number; readonly event: KernelEvent }[] = [];
  #next = 0;

  /** @param capacity default 1,000: some minutes of a busy controller, under a megabyte. */
  constructor(capacity = 1_000) {
    this.#capacity = capacity;
  }

  add(event: KernelEvent, at: number): void {
    this.#entries[this.#next] = { at, event };
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Oldest first. */
  entries(): readonly { readonly at: number; readonly event: KernelEvent }[] {
    if (this.#entries.length < this.#capacity) return [...this.#entries];
    return [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
  }
}
