import type { ComponentDefinition } from "../component/define-component.ts";
import type { Needs, Token } from "../component/token.ts";
import type { ComponentNode } from "../kernel/record.ts";
import { processScope } from "../term/term.ts";
import type { CompositionProblem } from "./composition-error.ts";
import { didYouMean } from "./near-names.ts";

/** Turns what definitions name into edges between components, and says which of them cannot be. */
export class Edges {
  readonly #definitions: ReadonlyMap<string, ComponentDefinition>;
  readonly #providers: ReadonlyMap<string, string>;
  readonly #complete: boolean;
  readonly #problems: CompositionProblem[];

  /** @param complete false: what is missing may be of a plugin that could not describe itself, and is not reported. */
  constructor(
    definitions: ReadonlyMap<string, ComponentDefinition>,
    providers: ReadonlyMap<string, string>,
    complete: boolean,
    problems: CompositionProblem[],
  ) {
    this.#definitions = definitions;
    this.#providers = providers;
    this.#complete = complete;
    this.#problems = problems;
  }

  nodeOf(definition: ComponentDefinition, who: string): ComponentNode {
    return {
      name: definition.name,
      scope: definition.scope,
      needs: this.needs(definition.needs, definition.scope, who),
      after: this.#after(definition, who),
      policy: definition.policy,
    };
  }

  /** Each must be there, and live at least as long as who needs it: its own scope, or the process. */
  needs(needs: Needs, scope: string, who: string): readonly string[] {
    const names = new Set<string>();
    for (const token of tokensOf(Object.values(needs ?? {}))) {
      const provider = this.#providers.get(token.name);
      if (provider === undefined) {
        this.#missing(token, who);
        continue;
      }
      names.add(provider);
      this.#refuseCrossing(
        `${who} (scope "${scope}") needs`,
        scope,
        provider,
        "Give both the same scope, or make the edge a `wants`.",
      );
    }
    return [...names];
  }

  /**
   * Order only: it may lead nowhere, since the other plugin need not be part of this composition. To the process it is kept
   * when it starts; to another lease it cannot be kept, since terms of two leases come and go by themselves.
   */
  #after(definition: ComponentDefinition, who: string): readonly string[] {
    const names = new Set<string>();
    for (const token of tokensOf(definition.after)) {
      const provider = this.#providers.get(token.name);
      if (provider === undefined) continue;
      names.add(provider);
      const remedy = "Remove the edge: no order can be kept between them.";
      this.#refuseCrossing(
        `${who} (scope "${definition.scope}") is to start after`,
        definition.scope,
        provider,
        remedy,
      );
    }
    return [...names];
  }

  #missing(token: Token<unknown>, who: string): void {
    if (!this.#complete) return;
    const listed = "create" in token ? "List that component as well: naming it does not add it." : undefined;
    this.#problems.push({
      code: "TENURE_MISSING_PROVIDER",
      message: `${who} needs "${token.name}", which nothing in the composition provides${didYouMean(token.name, this.#providers.keys())}`,
      remedy: listed ?? "Add the plugin that provides it, or correct the name.",
    });
  }

  #refuseCrossing(what: string, scope: string, provider: string, remedy: string): void {
    const target = this.#definitions.get(provider);
    if (target === undefined || target.scope === processScope || target.scope === scope) return;
    this.#problems.push({
      code: "TENURE_SCOPE_CROSSED",
      message: `${what} "${target.name}", which lives only within terms of lease "${target.scope}"`,
      remedy,
    });
  }
}

/** Those that are tokens: the others are reported as what they are. */
function tokensOf(values: readonly Token<unknown>[]): readonly Token<unknown>[] {
  return (Array.isArray(values) ? values : []).filter((token) => typeof token === "object" && token !== null);
}
