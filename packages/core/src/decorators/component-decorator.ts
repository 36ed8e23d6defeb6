import { type InjectionToken, container as root } from "tsyringe";
import type { Component } from "../component/component.ts";
import { type ComponentDefinition, defineComponent, type InstanceScope } from "../component/define-component.ts";
import type { ComponentOptions } from "../component/options.ts";
import type { Needs, Token } from "../component/token.ts";
import type { CompositionProblem } from "../composition/composition-error.ts";
import { describeValue } from "../composition/option-rules.ts";
import { TenureError } from "../errors/tenure-error.ts";
import { constructorParameters } from "./constructor-parameters.ts";
import { clockToken, termToken } from "./inject.ts";
import { type Declared, type ParameterSource, sourceOf } from "./parameter-sources.ts";

export interface DecoratedComponentOptions<T extends object = object> extends ComponentOptions {
  /** Unique in a composition, as in `coredns`. Letters, digits, `-`, `.` and `_`. */
  readonly name: string;
  /** `process`, or the name of a lease. Default `process`. */
  readonly scope?: string;
  /** What others name to need this component. Default: the class itself, and its name. */
  readonly provides?: Token<T>;
  /** Hard. Injected into the constructor by the parameter's class, or by `@inject(token)`. */
  readonly needs?: readonly (Token<unknown> | ComponentClass)[];
  /** Soft. Injected by `@inject(token)` or `@inject(TheClass)` as a LiveReference. */
  readonly wants?: readonly (Token<unknown> | ComponentClass)[];
  /** Order only. */
  readonly after?: readonly (Token<unknown> | ComponentClass)[];
}

export type ComponentClass<T extends object = object> = new (...args: never[]) => T;

export interface DefinitionOverrides {
  /** Where another lease than that of the decorator is to be its scope. */
  readonly scope?: string;
  /** Injected by `@inject(configToken)`. The component is restarted when it has changed, and with no other change of its plugin's section. */
  readonly config?: unknown;
}

const decorated = new WeakMap<object, (overrides: DefinitionOverrides) => ComponentDefinition>();
const plain = new WeakMap<object, ComponentDefinition>();

/**
 * The class form of `defineComponent`, with the same options and defaults. For each instance the class is constructed with what it needs,
 * wants, and what it names of tsyringe's. Needs a tool chain that emits decorator metadata, unless every parameter has an `@inject`. What is wrong
 * is reported by the composition, with all else.
 */
export function component<T extends object = object>(options: DecoratedComponentOptions<T>) {
  return <C extends ComponentClass<T>>(target: C): void => {
    decorated.set(target, (overrides) => define(target, options, overrides));
    // Made by tsyringe for a helper of somebody's, it would be an instance that nobody supervises.
    root.register(target as unknown as InjectionToken<object>, {
      useFactory: () => {
        throw new TenureError(`class ${target.name} is a component, which only components can be given`, {
          code: "TENURE_NOT_INJECTABLE",
          remedy: "Name it among the needs of a component, and hand it on from there.",
        });
      },
    });
  };
}

/**
 * The definition that `@component` made of a class, for `createController`, plugins, and the `needs` of others. Without overrides it is always the
 * same one.
 *
 * @throws TenureError `TENURE_NOT_A_COMPONENT` when the class is not decorated.
 */
export function definitionOf<T extends object>(
  target: ComponentClass<T>,
  overrides?: DefinitionOverrides,
): ComponentDefinition<T> {
  const make = decorated.get(target);
  if (make === undefined) {
    throw new TenureError(`${describeValue(target)} is no component's class`, {
      code: "TENURE_NOT_A_COMPONENT",
      remedy: 'Decorate the class with @component({ name: "..." }).',
    });
  }
  if (overrides !== undefined) return make(overrides) as ComponentDefinition<T>;
  const definition = plain.get(target) ?? make({});
  plain.set(target, definition);
  return definition as ComponentDefinition<T>;
}

function define(
  target: ComponentClass,
  { needs, wants, after, ...options }: DecoratedComponentOptions,
  overrides: DefinitionOverrides,
): ComponentDefinition {
  const problems: CompositionProblem[] = [];
  const needed = resolveClasses(target, "needs", needs ?? [], problems);
  const wanted = resolveClasses(target, "wants", wants ?? [], problems);
  for (const [what, name] of wanted.names) {
    if (typeof what === "string" && needed.names.has(what)) {
      problems.push(wrong(`class ${target.name} has "${name}" among its needs and its wants`, "Name it once."));
    }
  }
  const declared: Declared = { needs: needed.names, wants: wanted.names, hasConfig: "config" in overrides };
  const parameters = () =>
    constructorParameters(target).map((parameter) => sourceOf(target, parameter, declared, componentName));
  const definition = defineComponent<object, Needs, Needs>({
    ...options,
    ...overrides,
    needs: needed.tokens,
    wants: wanted.tokens,
    after: Object.values(resolveClasses(target, "after", after ?? [], problems).tokens),
    create: (injected, live, scope) =>
      construct(target, parameters(), { needs: injected, wants: live, scope, config: overrides.config }) as Component,
  });
  return Object.freeze({
    ...definition,
    // Asked when composed: by then everything is registered with tsyringe that will be.
    get problems() {
      return [...problems, ...parameters().filter((source) => "code" in source)];
    },
  });
}

interface Values {
  readonly needs: Readonly<Record<string, unknown>>;
  readonly wants: Readonly<Record<string, unknown>>;
  readonly scope: InstanceScope;
  readonly config: unknown;
}

/**
 * What is not of the graph is made by tsyringe, in a container of this instance: nothing of it is found again by another instance or term, and the
 * container goes with the instance. It is never disposed of: tsyringe would dispose of singletons of others too, in no order.
 */
function construct(
  target: ComponentClass,
  sources: readonly (ParameterSource | CompositionProblem)[],
  values: Values,
): object {
  const container = root.createChildContainer();
  const args = sources.map((source) => {
    if ("code" in source) throw new TenureError(source.message, source);
    if (source.from === "container") {
      const { token, type, all, optional } = source.parameter;
      const what = (token ?? type) as InjectionToken<unknown>;
      const isAbsent = optional && typeof what !== "function" && !container.isRegistered(what, true);
      if (all) return isAbsent ? [] : container.resolveAll(what);
      return isAbsent ? undefined : container.resolve(what);
    }
    if (source.from !== "scope") return values[source.from][source.token];
    if (source.token === termToken.name) return values.scope.term;
    return source.token === clockToken.name ? values.scope.clock : values.config;
  });
  return new target(...(args as never[]));
}

/** Tokens by their names, and the names by whatever a parameter may name them by. */
function resolveClasses(
  target: ComponentClass,
  where: string,
  items: readonly (Token<unknown> | ComponentClass)[],
  problems: CompositionProblem[],
): { readonly tokens: Readonly<Record<string, Token<unknown>>>; readonly names: ReadonlyMap<unknown, string> } {
  const tokens: Record<string, Token<unknown>> = {};
  const names = new Map<unknown, string>();
  for (const [index, item] of items.entries()) {
    const place = `class ${target.name}: ${where}[${index}]`;
    if (typeof item === "function" && !decorated.has(item)) {
      problems.push(
        wrong(`${place} is class ${item.name}, which is no component's`, "Decorate that class with @component."),
      );
    } else if (item === undefined || item === null || typeof item.name !== "string") {
      problems.push(
        wrong(
          `${place} is ${describeValue(item)}`,
          "Look for modules that import each other in a circle, or make a token by createToken.",
        ),
      );
    } else {
      const token = typeof item === "function" ? definitionOf(item) : item;
      tokens[token.name] = token;
      names.set(token.name, token.name);
      if (typeof item === "function") names.set(item, token.name);
    }
  }
  return { tokens, names };
}

function componentName(candidate: unknown): string | undefined {
  if (typeof candidate !== "function" || !decorated.has(candidate)) return undefined;
  return definitionOf(candidate as ComponentClass).name;
}

function wrong(message: string, remedy: string): CompositionProblem {
  return { code: "TENURE_BAD_OPTION", message, remedy };
}
