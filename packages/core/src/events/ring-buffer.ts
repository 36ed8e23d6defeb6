/** The last items of a sequence, at most `capacity` of them: a new one takes the place of the oldest. Grows as it is filled. */
export class RingBuffer<T> {
  readonly #capacity: number;
  #items: (T | undefined)[] = [];
  /** Where the oldest stands. */
  #first = 0;
  #size = 0;

  /** @param capacity at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns whether the oldest had to make room. */
  push(item: T): boolean {
    const full = this.#size === this.#capacity;
    this.#items[(this.#first + this.#size) % this.#capacity] = item;
    if (full) this.#first = (this.#first + 1) % this.#capacity;
    else this.#size++;
    return full;
  }

  /** Takes the oldest out; undefined when there is none. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#capacity;
    this.#size--;
    // Empty, it is small again, whatever it once held.
    if (this.#size === 0) this.clear();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#first = 0;
    this.#size = 0;
  }

  /** Oldest first. */
  toArray(): T[] {
    const items = this.#items.slice(this.#first, this.#first + this.#size);
    return items.concat(this.#items.slice(0, this.#size - items.length)) as T[];
  }
}
