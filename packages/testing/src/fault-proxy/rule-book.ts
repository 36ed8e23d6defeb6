import type { CallTarget } from "./call-target.ts";
import { type FaultEffect, type FaultKind, FaultRule } from "./fault-rule.ts";
import type { WatchEffect, WatchRelay } from "./watch-relay.ts";

type RuleOf<Kind extends FaultKind> = FaultRule<Extract<FaultEffect, { readonly kind: Kind }>>;

/** The faults that are asked for now, in the order in which they were, and the watches that later ones may meet. */
export class RuleBook {
  readonly #rules = new Set<FaultRule>();
  readonly #watches = new Set<WatchRelay>();

  add(rule: FaultRule): void {
    this.#rules.add(rule);
    rule.removed.addEventListener("abort", () => this.#rules.delete(rule), { once: true });
    if (isForWatches(rule)) for (const watch of this.#watches) watch.meet(rule);
  }

  /** Counts a hit of each rule of this kind that meets the call, at most `limit`. */
  take<Kind extends FaultKind>(
    kind: Kind,
    target: CallTarget,
    limit = Number.POSITIVE_INFINITY,
  ): readonly RuleOf<Kind>[] {
    const taken: RuleOf<Kind>[] = [];
    for (const rule of this.#rules) {
      if (taken.length >= limit) break;
      if (rule.effect.kind !== kind || !rule.claim(target)) continue;
      rule.took();
      taken.push(rule as RuleOf<Kind>);
    }
    return taken;
  }

  /** A rule would delay or drop this call's answer. */
  concernsReply(target: CallTarget): boolean {
    return [...this.#rules].some(
      (rule) => (rule.effect.kind === "delay-reply" || rule.effect.kind === "drop-reply") && rule.wants(target),
    );
  }

  /** Runs the watch; rules for watches that there are, and those that come while it goes on, may meet it. */
  async during(watch: WatchRelay): Promise<boolean> {
    this.#watches.add(watch);
    try {
      const running = watch.run();
      for (const rule of this.#rules) if (isForWatches(rule)) watch.meet(rule);
      return await running;
    } finally {
      this.#watches.delete(watch);
    }
  }

  clear(): void {
    for (const rule of this.#rules) rule.remove();
  }
}

function isForWatches(rule: FaultRule): rule is FaultRule<WatchEffect> {
  return /-watch$/.test(rule.effect.kind);
}
