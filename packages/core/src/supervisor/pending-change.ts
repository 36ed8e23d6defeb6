import type { Composition } from "../composition/compose.ts";
import { TenureError } from "../errors/tenure-error.ts";

/** A composition that is to replace the present one, once what it concerns has stopped. Ends once; what comes later is ignored. */
export class PendingChange {
  readonly composition: Composition;
  readonly #settled = Promise.withResolvers<void>();

  constructor(composition: Composition) {
    this.composition = composition;
  }

  /** Resolves when it holds; rejects with TenureError when it never will. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  holds(): void {
    this.#settled.resolve();
  }

  refuseInShutdown(): void {
    this.#settled.reject(
      new TenureError("the configuration was not changed: the process shuts down", {
        code: "TENURE_SHUTTING_DOWN",
        remedy: "Give it to the process that comes after this one.",
      }),
    );
  }

  /** @param calls that are too late, as in `the stop of "dns" has not settled` */
  dropFor(calls: readonly string[]): void {
    this.#settled.reject(
      new TenureError(
        `the configuration was not changed, and the old one goes on: ${calls.join(", ")} within the time given to stop`,
        {
          code: "TENURE_CHANGE_STUCK",
          remedy:
            "Make it honour its signal; change the configuration again when that call has ended, or begin another process.",
        },
      ),
    );
  }
}
