import type { ComponentOptions } from "@tenure/core";
import fc from "fast-check";

export const scopes = ["process", "l1", "l2"] as const;

/** One component of a composition; it may use only earlier ones, so that there is no cycle. */
export interface Part {
  readonly name: string;
  readonly scope: string;
  readonly needs: readonly string[];
  readonly wants: readonly string[];
  readonly after: readonly string[];
  readonly options: ComponentOptions;
  /** Its life is one loop: `run` in place of `start`. */
  readonly loops: boolean;
  readonly checksHealth: boolean;
}

export interface Scenario {
  readonly parts: readonly Part[];
  /** What lease l1 needs; l2 needs nothing. */
  readonly leaseNeeds: readonly string[];
  /** For the Chooser. */
  readonly picks: readonly number[];
}

/** Small and different from one another, so that timers meet in every order. */
const options: fc.Arbitrary<ComponentOptions> = fc.record({
  startTimeout: fc.constantFrom(300, 500),
  // The long one is longer than what is left when a lease is lost.
  stopTimeout: fc.constantFrom(200, 250, 2_000),
  health: fc.record({ interval: fc.constant(4_000), timeout: fc.constant(700), threshold: fc.constantFrom(1, 2) }),
  restart: fc.record({
    mode: fc.constantFrom("on-failure" as const, "on-failure" as const, "always" as const, "never" as const),
    backoff: fc.record({ base: fc.constantFrom(0, 100), cap: fc.constant(800), jitter: fc.constantFrom(0, 0.2) }),
  }),
  critical: fc.constantFrom(false, false, false, { within: 2_500 }),
  spawns: fc.constantFrom<(false | { stopTimeout: number })[]>(false, { stopTimeout: 2_000 }),
});

const edges = fc.array(fc.tuple(fc.nat(6), fc.constantFrom("needs", "needs", "wants", "after")), { maxLength: 4 });

const drafts = fc.array(
  fc.record({
    scope: fc.constantFrom("process", "l1", "l1", "l2"),
    edges,
    options,
    loops: fc.constantFrom(false, false, true),
    checksHealth: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

/** @param turns at most so many numbers to decide by; a turn takes four or so */
export function scenarios(turns: number): fc.Arbitrary<Scenario> {
  const picks = fc.array(fc.nat(9_999), { minLength: Math.floor(turns / 4), maxLength: turns, size: "max" });
  return fc.tuple(drafts, fc.array(fc.nat(6), { maxLength: 2 }), picks).map(([all, leaseNeeds, chosen]) => {
    const parts = all.map((draft, index): Part => {
      const to = (kind: string, usable: (scope: string) => boolean) =>
        new Set(
          draft.edges.flatMap(([target, of]) => {
            const other = all[target];
            return of === kind && target < index && other !== undefined && usable(other.scope) ? [`c${target}`] : [];
          }),
        );
      return {
        name: `c${index}`,
        scope: draft.scope,
        needs: [...to("needs", (scope) => scope === "process" || scope === draft.scope)],
        wants: [...to("wants", () => true)],
        after: [...to("after", (scope) => scope === draft.scope)],
        options: draft.options,
        loops: draft.loops,
        checksHealth: draft.checksHealth,
      };
    });
    const processes = parts.filter(({ scope }) => scope === "process").map(({ name }) => name);
    return {
      parts,
      leaseNeeds: [...new Set(leaseNeeds.flatMap((index) => processes[index] ?? []))],
      picks: chosen,
    };
  });
}
