import type { ElectorEvent } from "../peers/elector-arguments.ts";

/** An act that was allowed to a term although a later one had begun. */
export interface StaleAct {
  readonly identity: string;
  readonly token: number;
  readonly laterToken: number;
  /** In ms, after the beginning of the later one. */
  readonly late: number;
}

/** Judges by what the work of all candidates of one Lease told: no term acts after one with a higher token has begun. */
export class ActWitness {
  /** By token. */
  readonly #begun = new Map<number, number>();
  readonly #lastActs = new Map<number, ElectorEvent>();
  #acts = 0;

  note(told: ElectorEvent): void {
    const { event, token, at } = told;
    if (token === undefined) return;
    if (event === "started") this.#begun.set(token, at);
    if (event !== "act") return;
    this.#acts++;
    const last = this.#lastActs.get(token);
    if (last === undefined || last.at < at) this.#lastActs.set(token, told);
  }

  get acts(): number {
    return this.#acts;
  }

  /** How many terms began to work. */
  get terms(): number {
    return this.#begun.size;
  }

  stale(): readonly StaleAct[] {
    const stale: StaleAct[] = [];
    let next: { readonly token: number; readonly at: number } | undefined;
    const tokens = [...new Set([...this.#begun.keys(), ...this.#lastActs.keys()])].sort((left, right) => right - left);
    for (const token of tokens) {
      const act = this.#lastActs.get(token);
      if (act !== undefined && next !== undefined && act.at >= next.at) {
        stale.push({ identity: act.identity, token, laterToken: next.token, late: act.at - next.at });
      }
      const at = this.#begun.get(token);
      // The earliest beginning of all later terms.
      if (at !== undefined && (next === undefined || at < next.at)) next = { token, at };
    }
    return stale;
  }
}
