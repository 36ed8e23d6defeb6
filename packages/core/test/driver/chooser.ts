/**
 * Where every decision of a run comes from: a list of numbers that fast-check makes, replays and shortens. When it is used up, and once it is calm,
 * everything takes its first choice, which is the harmless one.
 */
export class Chooser {
  calm = false;
  readonly #picks: readonly number[];
  #next = 0;

  constructor(picks: readonly number[]) {
    this.#picks = picks;
  }

  get exhausted(): boolean {
    return this.#next >= this.#picks.length;
  }

  /** @returns one of 0 … choices − 1 */
  pick(choices: number): number {
    if (this.calm || this.exhausted) return 0;
    return (this.#picks[this.#next++] ?? 0) % choices;
  }

  /** @returns true in one of `in` cases. */
  seldom(one: number): boolean {
    return this.pick(one) === one - 1;
  }

  of<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.pick(items.length)];
  }
}
