import { EventEmitter } from "eventemitter3";
import { describeError } from "../errors/tenure-error.ts";
import type { Logger } from "../log/logger.ts";
import { isThenable } from "../promise/is-thenable.ts";

type Listener<A extends unknown[]> = (...args: A) => unknown;

/**
 * eventemitter3 with its listeners isolated: there, one that throws keeps the later ones from being called and throws into
 * whoever emits, and the rejection of an async one goes unhandled. Here both become a log line.
 *
 * Listeners are called in the order in which they were added. One that is added while an event is being told hears of the next; one that is
 * removed meanwhile hears nothing more.
 */
export class IsolatedEmitter<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #emitter = new EventEmitter();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adding one listener twice makes it two. @returns a function that removes the listener; a second call of it does nothing. */
  on<K extends keyof Events & string>(event: K, listener: Listener<Events[K]>): () => void {
    let removed = false;
    const isolated = (...args: unknown[]) => {
      // eventemitter3 goes on through the list that it began with.
      if (!removed) this.#call(event, listener, args as Events[K]);
    };
    this.#emitter.on(event, isolated);
    return () => {
      removed = true;
      this.#emitter.off(event, isolated);
    };
  }

  /** As `on`, for the next event only: it is removed before it is called. */
  once<K extends keyof Events & string>(event: K, listener: Listener<Events[K]>): () => void {
    const remove = this.on(event, (...args) => {
      remove();
      return listener(...args);
    });
    return remove;
  }

  emit<K extends keyof Events & string>(event: K, ...args: Events[K]): void {
    this.#emitter.emit(event, ...args);
  }

  #call<A extends unknown[]>(event: string, listener: Listener<A>, args: A): void {
    try {
      const result = listener(...args);
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.#report(event, error));
    } catch (error) {
      this.#report(event, error);
    }
  }

  /** A logger that throws too must not reach whoever emits: the supervisor would take it for a bug of its own. */
  #report(event: string, error: unknown): void {
    try {
      this.#logger.error({ event, error: describeError(error) }, "a listener failed");
    } catch {
      // Nobody is left to tell.
    }
  }
}
