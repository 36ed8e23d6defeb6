import type { ComponentDefinition } from "../component/define-component.ts";
import type { ConfigSource } from "../config/config-source.ts";
import { sortGraph } from "../graph/dependency-graph.ts";
import { longestStopChain, type StopChain } from "../graph/stop-chain.ts";
import type { ComponentNode, LeaseNode } from "../kernel/record.ts";
import type { LeaseDefinition } from "../lease/define-lease.ts";
import type { Plugin } from "../plugin/define-plugin.ts";
import { processScope } from "../term/term.ts";
import { definitionProblems } from "./check-definition.ts";
import { leaseProblems, stopBudgetProblems } from "./check-lease.ts";
import { CompositionError, type CompositionProblem } from "./composition-error.ts";
import { Edges } from "./edges.ts";
import { type Contributed, expandPlugins } from "./expand-plugins.ts";
import { Inventory } from "./inventory.ts";
import { didYouMean } from "./near-names.ts";
import { findProviders } from "./providers.ts";

/** A checked composition: every name is known, every edge leads somewhere, nothing is constructed yet. */
export interface Composition {
  readonly components: ReadonlyMap<string, ComposedComponent>;
  readonly leases: ReadonlyMap<string, ComposedLease>;
  /** Provider's name by token's name. */
  readonly providers: ReadonlyMap<string, string>;
  /** What each plugin has added, by its name. */
  readonly contributed: ReadonlyMap<string, Contributed>;
}

export interface ComposedComponent {
  readonly definition: ComponentDefinition;
  readonly node: ComponentNode;
}

export interface ComposedLease {
  readonly definition: LeaseDefinition;
  readonly node: LeaseNode;
  readonly stopChain: StopChain;
}

export interface CompositionInput {
  readonly plugins: readonly Plugin[];
  readonly components: readonly ComponentDefinition[];
  readonly leases: readonly LeaseDefinition[];
  readonly config: ConfigSource;
}

/**
 * @param before the composition that this one is to replace, if it does.
 * @throws CompositionError with every mistake there is.
 */
export function compose(input: CompositionInput, before?: Composition): Composition {
  const problems: CompositionProblem[] = [];
  const { contributed, complete } = expandPlugins(input.plugins, input.config, problems, before?.contributed);
  const inventory = new Inventory(contributed, input, problems);
  const { components, leases } = inventory;

  const wrong = new Set<string>();
  for (const definition of components.values()) {
    const found = definitionProblems(definition, inventory.who(definition));
    if (found.length > 0) wrong.add(definition.scope);
    problems.push(...found);
    if (complete) checkScope(definition, inventory.who(definition), leases, problems);
  }
  for (const lease of leases.values()) {
    const found = leaseProblems(lease, inventory.who(lease));
    if (found.length > 0) wrong.add(lease.name);
    problems.push(...found);
  }

  const providers = findProviders(components.values(), (definition) => inventory.who(definition), problems);
  const edges = new Edges(components, providers, complete, problems);
  const nodes = [...components.values()].map((definition) => edges.nodeOf(definition, inventory.who(definition)));
  const leaseNodes = new Map(
    [...leases.values()].map(({ name, needs }) => [
      name,
      { name, needs: edges.needs(needs, processScope, `lease "${name}"`) } satisfies LeaseNode,
    ]),
  );

  const { order, cycles } = sortGraph(nodes.map((node) => ({ name: node.name, before: edgesOf(node), node })));
  for (const cycle of cycles) problems.push(cycleProblem(cycle, new Map(nodes.map((node) => [node.name, node]))));
  const sorted = order.map((entry) => entry.node);
  const chains = new Map<string, StopChain>();
  if (cycles.length === 0) {
    for (const lease of leases.values()) {
      const chain = stopChainOf(sorted, lease.name);
      chains.set(lease.name, chain);
      if (!wrong.has(lease.name)) problems.push(...stopBudgetProblems(lease, chain));
    }
  }
  if (problems.length > 0) throw new CompositionError(problems);
  return {
    components: new Map(
      sorted.map(
        (node) => [node.name, { definition: components.get(node.name)!, node }] satisfies [string, ComposedComponent],
      ),
    ),
    leases: new Map(
      [...leases.values()].map((definition) => [
        definition.name,
        { definition, node: leaseNodes.get(definition.name)!, stopChain: chains.get(definition.name)! },
      ]),
    ),
    providers,
    contributed,
  };
}

function checkScope(
  definition: ComponentDefinition,
  who: string,
  leases: ReadonlyMap<string, LeaseDefinition>,
  problems: CompositionProblem[],
): void {
  const { scope } = definition;
  if (scope === processScope || leases.has(scope) || typeof scope !== "string" || scope === "") return;
  const known = [processScope, ...leases.keys()];
  problems.push({
    code: "TENURE_UNKNOWN_SCOPE",
    message: `${who} has scope "${scope}", but there is no lease of that name${didYouMean(scope, known)}`,
    remedy: `Add the plugin of the lease, or use one of: ${known.join(", ")}.`,
  });
}

function cycleProblem(cycle: readonly string[], nodes: ReadonlyMap<string, ComponentNode>): CompositionProblem {
  let path = cycle[0] ?? "";
  let ordered = false;
  for (const [index, name] of cycle.slice(1).entries()) {
    const needed = nodes.get(cycle[index]!)?.needs.includes(name);
    ordered ||= !needed;
    path += `${needed ? " → " : " ⇢ "}${name}`;
  }
  const legend = ordered ? " (⇢ is an `after`)" : "";
  return {
    code: "TENURE_CYCLE",
    message:
      cycle.length === 2
        ? `component "${cycle[0]}" needs itself, or is to start after itself`
        : `components need each other in a circle: ${path}${legend}`,
    remedy: "Remove one of these edges, or make it a `wants`, which does not order.",
  };
}

function edgesOf(node: ComponentNode): readonly string[] {
  return node.after.length === 0 ? node.needs : [...new Set([...node.needs, ...node.after])];
}

function stopChainOf(order: readonly ComponentNode[], scope: string): StopChain {
  return longestStopChain(
    order
      .filter((node) => node.scope === scope)
      .map((node) => ({
        name: node.name,
        before: edgesOf(node),
        stopTime: node.policy.stopTimeout + (node.policy.childrenStopTimeout ?? 0),
      })),
  );
}
