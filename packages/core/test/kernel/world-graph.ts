import { type ComponentOptions, resolvePolicy } from "../../src/component/options.ts";
import type { ComponentNode, LeaseNode } from "../../src/kernel/record.ts";

/** What the kernel is let loose on. */
export interface WorldGraph {
  readonly components: readonly WorldComponent[];
  readonly leases: readonly LeaseNode[];
}

export interface WorldComponent {
  readonly name: string;
  readonly scope: string;
  readonly needs: readonly string[];
  readonly after: readonly string[];
  /** Without jitter, unless said: equal states are to look equal. */
  readonly options: ComponentOptions;
  readonly checksHealth?: boolean;
}

export function nodeOf({ name, scope, needs, after, options }: WorldComponent): ComponentNode {
  const restart = { ...options.restart, backoff: { jitter: 0, ...options.restart?.backoff } };
  return { name, scope, needs, after, policy: resolvePolicy({ ...options, restart }, scope) };
}

/** In one line, as in `a(lease A; needs b, after c) | A needs d`. */
export function describeGraph({ components, leases }: WorldGraph): string {
  const parts = components.map(({ name, scope, needs, after, options }) => {
    const edges = [...needs.map((need) => `needs ${need}`), ...after.map((earlier) => `after ${earlier}`)];
    const policy = JSON.stringify(options);
    return `${name}(${[scope, ...edges, ...(policy === "{}" ? [] : [policy])].join("; ")})`;
  });
  const uses = leases.flatMap(({ name, needs }) =>
    needs.length > 0 ? [`lease ${name} needs ${needs.join(", ")}`] : [],
  );
  return [...parts, ...uses].join(" ");
}
