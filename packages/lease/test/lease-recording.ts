import { type LeaseGrant, type LeaseListener, type LeaseObservation, systemClock } from "@tenure/core";
import type { KubernetesLeaseElector } from "@tenure/lease";

export type Told =
  | { readonly type: "granted"; readonly at: number; readonly number: number; readonly grant: LeaseGrant }
  | { readonly type: "draining"; readonly at: number; readonly number: number; readonly reason: string }
  | { readonly type: "ended"; readonly at: number; readonly number: number; readonly reason: string }
  | { readonly type: "withdrawn"; readonly at: number }
  | { readonly type: "observed"; readonly at: number; readonly observation: LeaseObservation };

/** What an elector tells, in the order in which it tells it; and the components of its terms, which stop at once or when asked to. */
export class LeaseRecording implements LeaseListener {
  readonly told: Told[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #elector: KubernetesLeaseElector;
  readonly #stopsAtOnce: boolean;

  constructor(elector: KubernetesLeaseElector, { stopsAtOnce = true } = {}) {
    this.#elector = elector;
    this.#stopsAtOnce = stopsAtOnce;
    elector.campaign(this, { stopBudget: 0 });
  }

  granted(grant: LeaseGrant): void {
    this.#note({ type: "granted", at: systemClock.now(), number: grant.number, grant });
  }

  draining(number: number, reason: string): void {
    this.#note({ type: "draining", at: systemClock.now(), number, reason });
    if (this.#stopsAtOnce) this.#elector.drained(number);
  }

  ended(number: number, reason: string): void {
    this.#note({ type: "ended", at: systemClock.now(), number, reason });
    if (this.#stopsAtOnce) this.#elector.drained(number);
  }

  withdrawn(): void {
    this.#note({ type: "withdrawn", at: systemClock.now() });
  }

  observed(observation: LeaseObservation): void {
    this.#note({ type: "observed", at: systemClock.now(), observation });
  }

  /** The first of this type, now or later. For observations: the first whose message matches. */
  async next<Type extends Told["type"]>(type: Type, message = /(?:)/): Promise<Extract<Told, { type: Type }>> {
    const found = () =>
      this.told.find(
        (told): told is Extract<Told, { type: Type }> =>
          told.type === type && (told.type !== "observed" || message.test(told.observation.message)),
      );
    let told = found();
    while (told === undefined) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
      told = found();
    }
    return told;
  }

  #note(told: Told): void {
    this.told.push(told);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
