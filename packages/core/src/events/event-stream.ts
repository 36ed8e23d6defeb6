import { TenureError } from "../errors/tenure-error.ts";
import { RingBuffer } from "./ring-buffer.ts";

/** Stands where a reader that was too slow has lost events: the oldest ones that it had not read. */
export interface Gap {
  readonly type: "gap";
  readonly missed: number;
}

export interface EventStreamOptions {
  /**
   * How many events are kept for a reader that does not keep up; older ones make room, and a gap tells how many. Default 4,096: a
   * thousand components that start at once tell 3,000 in one turn of the event loop, in which nobody can read. Under a megabyte when
   * full, nothing when empty.
   */
  readonly capacity?: number;
  /** Ends the stream when it aborts; what was not read is dropped. */
  readonly signal?: AbortSignal;
}

export const defaultStreamCapacity = 4_096;

/**
 * One reader of events. Whoever writes never waits for it: memory is bounded by the capacity, and what did not fit is told as a gap. Leaving
 * a `for await` loop, `return()`, disposing of it and the signal all end it and release everything; a second end does nothing.
 */
export class EventStream<E> implements AsyncIterableIterator<E | Gap, undefined, undefined>, AsyncDisposable {
  readonly #buffer: RingBuffer<E>;
  readonly #ended: (stream: EventStream<E>) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#close();
  #missed = 0;
  /** Calls of `next` that wait for an event. Only while the buffer is empty. */
  #waiting: ((result: IteratorResult<E | Gap, undefined>) => void)[] = [];
  /** `finished`: nothing more comes, what is there can still be read. */
  #state: "open" | "finished" | "closed" = "open";

  /**
   * @param ended called when nothing more is to be pushed: the reader is gone, or `finish` was called. More than once does not matter.
   * @throws TenureError for a capacity that is not a whole number of at least 1.
   */
  constructor(options: EventStreamOptions, ended: (stream: EventStream<E>) => void) {
    const { capacity = defaultStreamCapacity, signal } = options;
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new TenureError(`a stream of events cannot have a capacity of ${capacity}`, {
        code: "TENURE_BAD_CAPACITY",
        remedy: "Give a whole number of at least 1, or none for the default.",
      });
    }
    this.#buffer = new RingBuffer(capacity);
    this.#ended = ended;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#close();
  }

  /** Nothing more can be pushed or read. */
  get ended(): boolean {
    return this.#state === "closed";
  }

  push(event: E): void {
    if (this.#state !== "open") return;
    const reader = this.#waiting.shift();
    if (reader !== undefined) reader({ done: false, value: event });
    else if (this.#buffer.push(event)) this.#missed++;
  }

  /** Nothing more comes. What has not been read still can be. */
  finish(): void {
    if (this.#state !== "open") return;
    this.#state = "finished";
    this.#ended(this);
    if (this.#buffer.size === 0) this.#close();
  }

  /** Calls that are made before the last one has resolved are answered in their order. */
  next(): Promise<IteratorResult<E | Gap, undefined>> {
    if (this.#state === "closed") return Promise.resolve({ done: true, value: undefined });
    if (this.#missed > 0) {
      const gap: Gap = { type: "gap", missed: this.#missed };
      this.#missed = 0;
      return Promise.resolve({ done: false, value: gap });
    }
    if (this.#buffer.size > 0) {
      const value = this.#buffer.shift() as E;
      if (this.#state === "finished" && this.#buffer.size === 0) this.#close();
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<E | Gap, undefined>> {
    this.#close();
    return Promise.resolve({ done: true, value: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#buffer.clear();
    for (const reader of this.#waiting) reader({ done: true, value: undefined });
    this.#waiting = [];
    this.#ended(this);
  }
}
