import { isDeepStrictEqual } from "node:util";
import type { Reconfiguration } from "../kernel/record.ts";
import type { ComposedComponent, Composition } from "./compose.ts";

/**
 * What must happen to get from one composition to the next. A definition that is the very same object is unchanged; `compose` keeps
 * those whose configuration is as before.
 */
export function changesBetween(before: Composition, next: Composition): Reconfiguration {
  const components = compare(before.components, next.components, isSameComponent);
  const leases = compare(
    before.leases,
    next.leases,
    (old, now) => old.definition === now.definition && isDeepStrictEqual(old.node, now.node),
  );
  return {
    add: components.added.map(({ node }) => node),
    change: components.changed.map(({ node }) => node),
    remove: components.removed,
    replaced: replacedBetween(before, next),
    addLeases: leases.added.map(({ node }) => node),
    changeLeases: leases.changed.map(({ node }) => node),
    removeLeases: leases.removed,
  };
}

export function isNothing(change: Reconfiguration): boolean {
  return Object.values(change).every((names) => names.length === 0);
}

/** Components that stay, and no longer provide what they did. */
function replacedBetween(before: Composition, next: Composition): readonly string[] {
  const replaced = new Set<string>();
  for (const [token, provider] of before.providers) {
    if (next.providers.get(token) !== provider && next.components.has(provider)) replaced.add(provider);
  }
  return [...replaced];
}

function isSameComponent(old: ComposedComponent, now: ComposedComponent): boolean {
  return old.definition === now.definition && isDeepStrictEqual(old.node, now.node);
}

function compare<T>(
  before: ReadonlyMap<string, T>,
  next: ReadonlyMap<string, T>,
  isSame: (old: T, now: T) => boolean,
): { readonly added: readonly T[]; readonly changed: readonly T[]; readonly removed: readonly string[] } {
  const added: T[] = [];
  const changed: T[] = [];
  for (const [name, now] of next) {
    const old = before.get(name);
    if (old === undefined) added.push(now);
    else if (!isSame(old, now)) changed.push(now);
  }
  return { added, changed, removed: [...before.keys()].filter((name) => !next.has(name)) };
}
