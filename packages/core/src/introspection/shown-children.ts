import type { Phase } from "../kernel/phase.ts";

/** So many children of one parent are worth a line each; a parent may have spawned thousands. */
export const defaultShownChildren = 10;

/** Those of many children that are shown: who does not run comes first, then the oldest. Each keeps its place among the others. */
export function chooseChildren<C extends { readonly phase?: Phase }>(
  children: readonly C[],
  limit: number,
): { readonly shown: readonly C[]; readonly rest: readonly C[] } {
  if (children.length <= limit) return { shown: children, rest: [] };
  const chosen = new Set(children.filter((child) => child.phase !== "running").slice(0, Math.max(limit, 0)));
  for (const child of children) {
    if (chosen.size >= limit) break;
    chosen.add(child);
  }
  return {
    shown: children.filter((child) => chosen.has(child)),
    rest: children.filter((child) => !chosen.has(child)),
  };
}

/** `990 running, 8 backoff`: the most frequent first. */
export function countPhases(components: readonly { readonly phase?: Phase }[]): string {
  const counts = new Map<string, number>();
  for (const { phase } of components) if (phase !== undefined) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return [...counts]
    .sort(([left, leftCount], [right, rightCount]) => rightCount - leftCount || (left < right ? -1 : 1))
    .map(([phase, count]) => `${count} ${phase}`)
    .join(", ");
}
