import type { ComponentDefinition } from "../component/define-component.ts";
import type { Token } from "../component/token.ts";
import type { ConfigSource } from "../config/config-source.ts";
import { sortGraph } from "../graph/dependency-graph.ts";
import { describeStopChain, longestStopChain, type StopChain } from "../graph/stop-chain.ts";
import type { ComponentNode, LeaseNode } from "../kernel/record.ts";
import type { LeaseDefinition } from "../lease/define-lease.ts";
import { drainPoint } from "../lease/lease-elector.ts";
import type { Plugin } from "../plugin/define-plugin.ts";
import { processScope } from "../term/term.ts";
import { CompositionError, type CompositionProblem } from "./composition-error.ts";
import { type Contributed, expandPlugins } from "./expand-plugins.ts";

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
  const contributed = expandPlugins(input.plugins, input.config, problems, before?.contributed);
  const all = [...contributed.values()];
  const definitions = byName(
    [...all.flatMap((plugin) => plugin.components), ...input.components],
    "component",
    problems,
  );
  const leases = byName([...all.flatMap((plugin) => plugin.leases), ...input.leases], "lease", problems);
  if (leases.delete(processScope)) {
    problems.push({
      code: "TENURE_BAD_NAME",
      message: `a lease is called "${processScope}", which is the scope of the process`,
      remedy: "Give the lease another name.",
    });
  }
  const providers = findProviders(definitions, problems);
  const nodes = new Map<string, ComponentNode>();
  for (const definition of definitions.values()) {
    checkScope(definition, leases, problems);
    nodes.set(definition.name, toNode(definition, { definitions, providers, problems }));
  }
  const leaseNodes = new Map<string, LeaseNode>();
  for (const lease of leases.values()) {
    const needs = resolve(Object.values(lease.needs), `lease "${lease.name}"`, { definitions, providers, problems });
    for (const name of needs) refuseCrossing(`lease "${lease.name}"`, processScope, definitions.get(name), problems);
    leaseNodes.set(lease.name, { name: lease.name, needs });
  }
  const sorted = sortGraph([...nodes.values()].map((node) => ({ name: node.name, before: edgesOf(node), node })));
  if ("cycle" in sorted) {
    problems.push({
      code: "TENURE_CYCLE",
      message: `components need each other in a circle: ${sorted.cycle.join(" → ")}`,
      remedy: "Remove one of these edges, or make it a `wants`, which does not order.",
    });
  }
  if (problems.length > 0 || "cycle" in sorted) throw new CompositionError(problems);
  const order = sorted.order.map((entry) => entry.node);
  const chains = new Map([...leases.keys()].map((name) => [name, stopChainOf(order, name)]));
  for (const lease of leases.values()) checkStopBudget(lease, chains.get(lease.name)!, problems);
  if (problems.length > 0) throw new CompositionError(problems);
  return {
    components: new Map(
      order.map(
        (node) => [node.name, { definition: definitions.get(node.name)!, node }] satisfies [string, ComposedComponent],
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

function byName<T extends { readonly name: string }>(
  items: readonly T[],
  what: string,
  problems: CompositionProblem[],
): Map<string, T> {
  const result = new Map<string, T>();
  for (const item of items) {
    if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(item.name)) {
      problems.push({
        code: "TENURE_BAD_NAME",
        message: `a ${what} is called "${item.name}"`,
        remedy: "Use letters, digits, `-`, `.` and `_`, beginning with a letter or digit.",
      });
    }
    if (result.has(item.name)) {
      problems.push({
        code: "TENURE_DUPLICATE_NAME",
        message: `two ${what}s are called "${item.name}"`,
        remedy: "Names are unique in a composition: rename one of them.",
      });
    }
    result.set(item.name, item);
  }
  return result;
}

function findProviders(
  definitions: ReadonlyMap<string, ComponentDefinition>,
  problems: CompositionProblem[],
): ReadonlyMap<string, string> {
  const providers = new Map<string, string>();
  for (const definition of definitions.values()) providers.set(definition.name, definition.name);
  const seen = new Map<string, string>();
  for (const definition of definitions.values()) {
    const token = definition.provides;
    const other = seen.get(token) ?? (definitions.has(token) && token !== definition.name ? token : undefined);
    if (other !== undefined) {
      problems.push({
        code: "TENURE_AMBIGUOUS_PROVIDER",
        message: `"${token}" is provided by both "${other}" and "${definition.name}"`,
        remedy: "Keep one of them, or give one another token.",
      });
    }
    seen.set(token, definition.name);
    providers.set(token, definition.name);
  }
  return providers;
}

interface Lookup {
  readonly definitions: ReadonlyMap<string, ComponentDefinition>;
  readonly providers: ReadonlyMap<string, string>;
  readonly problems: CompositionProblem[];
}

function toNode(definition: ComponentDefinition, lookup: Lookup): ComponentNode {
  const who = `component "${definition.name}"`;
  const needs = resolve(Object.values(definition.needs), who, lookup);
  for (const name of needs) refuseCrossing(who, definition.scope, lookup.definitions.get(name), lookup.problems);
  return {
    name: definition.name,
    scope: definition.scope,
    needs,
    // An order-only edge may lead nowhere: the other plugin is not part of this composition.
    after: present(definition.after, lookup).filter((name) => lookup.definitions.get(name)?.scope === definition.scope),
    policy: definition.policy,
  };
}

function resolve(tokens: readonly Token<unknown>[], who: string, lookup: Lookup): readonly string[] {
  const names = new Set<string>();
  for (const token of tokens) {
    const provider = lookup.providers.get(token.name);
    if (provider !== undefined) names.add(provider);
    else {
      lookup.problems.push({
        code: "TENURE_MISSING_PROVIDER",
        message: `${who} needs "${token.name}", which nothing in the composition provides`,
        remedy: "Add the plugin that provides it, or correct the name.",
      });
    }
  }
  return [...names];
}

function present(tokens: readonly Token<unknown>[], lookup: Lookup): readonly string[] {
  return [...new Set(tokens.flatMap((token) => lookup.providers.get(token.name) ?? []))];
}

/** An instance may only rely on what lives at least as long: its own scope, or the process. */
function refuseCrossing(
  who: string,
  scope: string,
  target: ComponentDefinition | undefined,
  problems: CompositionProblem[],
): void {
  if (target === undefined || target.scope === processScope || target.scope === scope) return;
  problems.push({
    code: "TENURE_SCOPE_CROSSED",
    message: `${who} (scope "${scope}") needs "${target.name}", which lives only within terms of lease "${target.scope}"`,
    remedy: "Give both the same scope, or make the edge a `wants`.",
  });
}

function checkScope(
  definition: ComponentDefinition,
  leases: ReadonlyMap<string, LeaseDefinition>,
  problems: CompositionProblem[],
): void {
  if (definition.scope === processScope || leases.has(definition.scope)) return;
  problems.push({
    code: "TENURE_UNKNOWN_SCOPE",
    message: `component "${definition.name}" has scope "${definition.scope}", but there is no lease of that name`,
    remedy: `Add the plugin of the lease, or use one of: ${[processScope, ...leases.keys()].join(", ")}.`,
  });
}

function edgesOf(node: ComponentNode): readonly string[] {
  return [...new Set([...node.needs, ...node.after])];
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

/**
 * Draining must begin late enough that one failed renewal, retried after a retry period, does not cost the lease; and early
 * enough that the longest chain of stops ends before the right to act does.
 */
function checkStopBudget(lease: LeaseDefinition, chain: StopChain, problems: CompositionProblem[]): void {
  const { timing } = lease;
  const point = drainPoint(timing, chain.total);
  const least = 2 * timing.retryPeriod;
  if (point >= least) return;
  problems.push({
    code: "TENURE_STOP_CHAIN_TOO_LONG",
    message:
      `lease "${lease.name}": ${timing.leaseDuration} ms of lease − ${timing.safetyMargin} ms of safety margin − ${chain.total} ms for ` +
      `stopping leave ${point} ms to renew it, less than two retry periods (${least} ms). The longest chain of stops: ` +
      (describeStopChain(chain) || "none"),
    remedy: "Shorten the stop timeouts along the chain, or lengthen the lease.",
  });
}
