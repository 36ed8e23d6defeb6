/**
 * One signal for one call: aborts with the first of several signals, or after a time. Unlike AbortSignal.any and AbortSignal.timeout
 * it leaves nothing behind: a term lives for thousands of calls, and a timer of 30 s for each would be a heap of them.
 */
export class CallDeadline {
  readonly #abort = new AbortController();
  readonly #sources: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = () => this.#abort.abort();
  #timedOut = false;

  /** @param timeout in ms; 0: none. */
  constructor(sources: readonly (AbortSignal | undefined)[], timeout: number) {
    this.#sources = sources.filter((source) => source !== undefined);
    for (const source of this.#sources) {
      if (source.aborted) this.#abort.abort();
      else source.addEventListener("abort", this.#onAbort, { once: true });
    }
    if (timeout > 0) {
      this.#timer = setTimeout(() => {
        this.#timedOut = true;
        this.#abort.abort();
      }, timeout);
    }
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** The call has ended. */
  dispose(): void {
    clearTimeout(this.#timer);
    for (const source of this.#sources) source.removeEventListener("abort", this.#onAbort);
  }
}
