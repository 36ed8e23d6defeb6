import type { Clock } from "../clock/clock.ts";
import { requireObject } from "../composition/check-given.ts";
import type { CompositionProblem } from "../composition/composition-error.ts";
import type { Term } from "../term/term.ts";
import { processScope } from "../term/term.ts";
import type { Component } from "./component.ts";
import { type ComponentOptions, type ComponentPolicy, resolvePolicy } from "./options.ts";
import { type LiveReferences, type Needs, noNeeds, type Resolved, type Token } from "./token.ts";

/** What defines a component: who it is, where it belongs, what it needs, and how an instance of it is made. */
export interface ComponentSpec<T extends object, N extends Needs, W extends Needs> extends ComponentOptions {
  /** Unique in a composition, as in `coredns`. Letters, digits, `-`, `.` and `_`. */
  readonly name: string;
  /** `process`, or the name of a lease: the instance lives within one term of it. Default `process`. */
  readonly scope?: string;
  /** What others name to need this component. Default: the definition itself. */
  readonly provides?: Token<T>;
  /** Hard: it starts after they run, stops before they stop, and stops when they stop. What is named here is what `create` receives. */
  readonly needs?: N;
  /** Soft: it runs with or without them, and receives live references that empty and fill. */
  readonly wants?: W;
  /**
   * Order only: it starts after these have started or failed to, and stops before them. Of a process-scoped one that a component under a lease
   * names here, only the order of the starts is kept: name it among `needs` for more.
   */
  readonly after?: readonly Token<unknown>[];
  /**
   * What of its plugin's configuration it depends on, as plain data: when the configuration changes at run time, it is restarted
   * only if this has changed. Default: everything, it is restarted with any change of its plugin's section.
   */
  readonly config?: unknown;
  /** Makes an instance. Called for each term and each restart. Must not begin any work: that is what `start` is for. */
  create(needs: Resolved<N>, wants: LiveReferences<W>, scope: InstanceScope): Component & T;
}

/** Where an instance is made for. */
export interface InstanceScope {
  readonly term: Term;
  /** The clock of the controller, virtual in tests. */
  readonly clock: Clock;
}

/** A definition is a token as well: naming it among `needs` injects the instance that it made. */
export interface ComponentDefinition<T = unknown> extends Token<T> {
  readonly name: string;
  readonly scope: string;
  readonly provides: string;
  readonly needs: Needs;
  readonly wants: Needs;
  readonly after: readonly Token<unknown>[];
  readonly policy: ComponentPolicy;
  /** As they were given, for the composition to check. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What its maker found wrong with it; reported by the composition with all that is. */
  readonly problems: readonly CompositionProblem[];
  /** Boxed, so that `undefined` can be told from not declared. */
  readonly config: { readonly value: unknown } | undefined;
  create(
    needs: Readonly<Record<string, unknown>>,
    wants: Readonly<Record<string, { readonly current: unknown }>>,
    scope: InstanceScope,
  ): Component;
}

const nothing: readonly never[] = Object.freeze([]);

/**
 * Defines a component without any metadata: works in every tool chain. Does not check what it is given; `createController` reports all mistakes at once.
 *
 * @throws CompositionError `TENURE_BAD_SHAPE` for what is no object.
 */
export function defineComponent<T extends object = object, N extends Needs = Needs, W extends Needs = Needs>(
  spec: ComponentSpec<T, N, W>,
): ComponentDefinition<T> {
  requireObject(spec, "defineComponent", "defineComponent({ name, create })");
  const scope = spec.scope ?? processScope;
  return Object.freeze({
    name: spec.name,
    scope,
    provides: spec.provides?.name ?? spec.name,
    needs: spec.needs ?? noNeeds,
    wants: spec.wants ?? noNeeds,
    after: spec.after ?? nothing,
    policy: resolvePolicy(spec, scope),
    options: spec as unknown as Readonly<Record<string, unknown>>,
    problems: nothing,
    config: "config" in spec ? { value: spec.config } : undefined,
    // The types of what is injected follow from the tokens, which the composition resolves by name.
    create: spec.create as ComponentDefinition["create"],
  } satisfies ComponentDefinition<T>);
}
