/** Tokens of terms that nobody else numbers. */
export class TokenCount {
  #last = 0;

  /** From now on they are at least this: what others have seen is below it. */
  startFrom(least: number): void {
    this.#last = Math.max(this.#last, least - 1);
  }

  next(): number {
    return ++this.#last;
  }
}

/**
 * One for the process: a campaign that begins anew, as after a change of the configuration, makes another elector, whose tokens must be higher all the
 * same.
 */
export const tokensOfThisProcess = new TokenCount();
