import { RingBuffer } from "../events/ring-buffer.ts";
import type { KernelEvent } from "../kernel/event.ts";
import type { ComponentNode, LeaseNode } from "../kernel/record.ts";

/** What `buildState` made the kernel's first state of. */
export interface EventLogOrigin {
  /** Dependencies first. */
  readonly components: readonly ComponentNode[];
  readonly leases: readonly LeaseNode[];
  readonly seed: number;
  readonly at: number;
}

export interface LoggedEvent {
  /** On the controller's clock, in ms. */
  readonly at: number;
  readonly event: KernelEvent;
}

/** The last events of the kernel, as plain data. Stepped through in order from the origin they give the same state, if none is missing. */
export interface EventLogData {
  readonly origin: EventLogOrigin;
  /** Events before the first one here that are not kept any more; 0: the log is whole. */
  readonly missed: number;
  /** Oldest first. */
  readonly events: readonly LoggedEvent[];
}

/** The last events of the kernel with their times, for a report of a bug. Bounded: older ones make room. */
export class EventLog {
  readonly origin: EventLogOrigin;
  readonly #events: RingBuffer<LoggedEvent>;
  #missed = 0;

  /** @param capacity default 1,000: some minutes of a busy controller, under a megabyte. */
  constructor(origin: EventLogOrigin, capacity = 1_000) {
    this.origin = origin;
    this.#events = new RingBuffer(capacity);
  }

  add(event: KernelEvent, at: number): void {
    if (this.#events.push({ at, event })) this.#missed++;
  }

  /** A copy: later events do not appear in it. */
  data(): EventLogData {
    return { origin: this.origin, missed: this.#missed, events: this.#events.toArray() };
  }
}
