import { type DependencyContainer, type InjectionToken, injectable, container as root } from "tsyringe";
import type { Component } from "../component/component.ts";
import { type ComponentDefinition, defineComponent } from "../component/define-component.ts";
import type { ComponentOptions } from "../component/options.ts";
import type { Needs, Token } from "../component/token.ts";
import type { Term } from "../term/term.ts";

export interface DecoratedComponentOptions extends ComponentOptions {
  readonly name: string;
  /** `process`, or the name of a lease. Default `process`. */
  readonly scope?: string;
  readonly provides?: Token<unknown>;
  /** Injected into the constructor by `@inject(<name of the token>)`, or by class where the token is a decorated component. */
  readonly needs?: readonly (Token<unknown> | ComponentClass)[];
  readonly after?: readonly Token<unknown>[];
}

export type ComponentClass = new (...args: never[]) => object;

const definitions = new WeakMap<object, ComponentDefinition>();

/**
 * One child container for each term, so that what is made for it goes with it. tsyringe only constructs; the graph stops, in
 * order, so nothing is ever disposed of through a container (tsyringe would dispose of the parent's singletons too).
 */
const containers = new WeakMap<Term, DependencyContainer>();

/**
 * The class form of `defineComponent`: the class is made by tsyringe, once for each instance, with what it needs injected into
 * its constructor. Needs a tool chain that emits decorator metadata; where there is none, use `defineComponent`.
 */
export function component(options: DecoratedComponentOptions) {
  return <C extends ComponentClass>(target: C): void => {
    injectable()(target as unknown as new (...args: unknown[]) => unknown);
    const needs: Record<string, Token<unknown>> = {};
    const tokens = new Map<string, InjectionToken<unknown>[]>();
    for (const need of options.needs ?? []) {
      const token = typeof need === "function" ? definitionOf(need) : need;
      needs[token.name] = token;
      tokens.set(token.name, typeof need === "function" ? [need, token.name] : [token.name]);
    }
    const { needs: _classes, after, provides, scope, ...rest } = options;
    definitions.set(
      target,
      defineComponent<object, Needs, Needs>({
        ...rest,
        ...(scope === undefined ? {} : { scope }),
        ...(provides === undefined ? {} : { provides: provides as Token<object> }),
        ...(after === undefined ? {} : { after }),
        needs,
        create: (injected, _wants, { term }) => {
          const container = containerOf(term).createChildContainer();
          for (const [name, instance] of Object.entries(injected)) {
            for (const token of tokens.get(name) ?? []) container.registerInstance(token, instance);
          }
          return container.resolve(target as unknown as new (...args: unknown[]) => Component);
        },
      }),
    );
  };
}

function containerOf(term: Term): DependencyContainer {
  let container = containers.get(term);
  if (container === undefined) {
    container = root.createChildContainer();
    containers.set(term, container);
  }
  return container;
}

/**
 * The definition that `@component` made of a class, for `createController` and for `needs`.
 *
 * @throws TypeError when the class is not decorated.
 */
export function definitionOf(target: ComponentClass): ComponentDefinition {
  const definition = definitions.get(target);
  if (definition === undefined) {
    throw new TypeError(`class ${target.name} is not a component: decorate it with @component({ name: "..." })`);
  }
  return definition;
}
