import { EventEmitter } from "eventemitter3";
import { describeError } from "../errors/tenure-error.ts";
import type { Logger } from "../log/logger.ts";

type Listener<A extends unknown[]> = (...args: A) => unknown;

/**
 * eventemitter3 with its listeners isolated: there, one that throws keeps the later ones from being called and throws into
 * whoever emits, and the rejection of an async one goes unhandled. Here both become a log line.
 */
export class IsolatedEmitter<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #emitter = new EventEmitter();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns a function that removes the listener; a second call of it does nothing. */
  on<K extends keyof Events & string>(event: K, listener: Listener<Events[K]>): () => void {
    const isolated = (...args: unknown[]) => {
      try {
        const result = listener(...(args as Events[K]));
        if (result instanceof Promise) result.catch((error) => this.#report(event, error));
      } catch (error) {
        this.#report(event, error);
      }
    };
    this.#emitter.on(event, isolated);
    return () => void this.#emitter.off(event, isolated);
  }

  emit<K extends keyof Events & string>(event: K, ...args: Events[K]): void {
    this.#emitter.emit(event, ...args);
  }

  #report(event: string, error: unknown): void {
    this.#logger.error({ event, error: describeError(error) }, "a listener failed");
  }
}
