import type { ComponentDefinition } from "../component/define-component.ts";
import { definitionProblems } from "../composition/check-definition.ts";
import type { Composition } from "../composition/compose.ts";
import { CompositionError, type CompositionProblem } from "../composition/composition-error.ts";
import type { ComponentNode, ComponentRecord, KernelState } from "../kernel/record.ts";
import { processScope } from "../term/term.ts";
import type { Instance } from "./instance.ts";
import { StopDepths } from "./stop-depth.ts";

export interface Child {
  readonly node: ComponentNode;
  readonly definition: ComponentDefinition;
  /** Resolves when the child has stopped and is forgotten. */
  readonly gone: Promise<void>;
}

/** The components that were spawned at run time and are not forgotten yet. */
export class Children {
  readonly #composition: () => Composition;
  readonly #depths = new StopDepths();
  readonly #children = new Map<string, Child & { readonly forgotten: () => void }>();

  /** @param composition as it is now */
  constructor(composition: () => Composition) {
    this.#composition = composition;
  }

  definitionOf(name: string): ComponentDefinition | undefined {
    return this.#children.get(name)?.definition;
  }

  /** @throws CompositionError when the child cannot be one of this parent's. */
  add(
    parent: Instance,
    record: ComponentRecord | undefined,
    definition: ComponentDefinition,
    state: KernelState,
  ): Child {
    const wrong = definitionProblems(definition, `child "${definition.name}" of "${parent.name}"`);
    if (wrong.length > 0) throw new CompositionError(wrong);
    const name = `${parent.name}/${definition.name}`;
    const problem = this.#refusal(parent, record, name, definition, state);
    if (problem !== undefined) throw new CompositionError([problem]);
    const { promise: gone, resolve: forgotten } = Promise.withResolvers<void>();
    const child = {
      node: {
        name,
        scope: record?.scope.name ?? processScope,
        needs: this.#providersOf(Object.values(definition.needs)),
        after: [],
        policy: { ...definition.policy, stopTimeout: stopTimeoutOf(definition, record) },
        parent: parent.name,
      },
      definition,
      gone,
      forgotten,
    };
    this.#children.set(name, child);
    return child;
  }

  forget(name: string): void {
    this.#children.get(name)?.forgotten();
    this.#children.delete(name);
  }

  /** Not forgotten, nor followed by another one of its name. */
  isThere(child: Child): boolean {
    return this.#children.get(child.node.name) === child;
  }

  #providersOf(tokens: readonly { readonly name: string }[]): readonly string[] {
    return [...new Set(tokens.flatMap((token) => this.#composition().providers.get(token.name) ?? []))];
  }

  #refusal(
    parent: Instance,
    record: ComponentRecord | undefined,
    name: string,
    definition: ComponentDefinition,
    state: KernelState,
  ): CompositionProblem | undefined {
    const refuse = (why: string, remedy: string): CompositionProblem => ({
      code: "TENURE_SPAWN_REFUSED",
      message: `"${parent.name}" cannot spawn "${definition.name}": ${why}`,
      remedy,
    });
    const allowed = record?.policy.childrenStopTimeout;
    if (record === undefined || parent.stopRequested || record.instance !== parent.number) {
      return refuse("this instance has been asked to stop", "Spawn only while the instance's signal is not aborted.");
    }
    if (allowed === undefined) {
      return refuse(
        "it does not declare `spawns`",
        "Add `spawns: true` to its definition, so that its stop time counts.",
      );
    }
    const { scope, provides } = definition.options;
    if (scope !== undefined && scope !== record.scope.name) {
      return refuse(
        `its scope is "${scope}", not that of its parent`,
        "Leave `scope` out: a child has that of its parent.",
      );
    }
    if (provides !== undefined || definition.after.length > 0) {
      return refuse(
        "a child cannot have `provides` or `after`",
        "Leave them out: nobody can name a child, and children start in no order.",
      );
    }
    const own = stopTimeoutOf(definition, record);
    const { childrenStopTimeout = 0 } = definition.policy;
    if (own < 0 || own + childrenStopTimeout > allowed) {
      const parts =
        childrenStopTimeout === 0 ? "" : ` (${Math.max(0, own)} + ${childrenStopTimeout} for its own children)`;
      return refuse(
        `its stop takes ${Math.max(0, own) + childrenStopTimeout} ms at most${parts}, more than the ${allowed} ms that the parent grants`,
        "Shorten the child's `stopTimeout`, or declare `spawns: { stopTimeout }` on the parent.",
      );
    }
    if (this.#children.has(name) || state.components.has(name)) {
      return refuse(
        "a child of that name exists, or is still stopping",
        "Remove it and await that, or use another name.",
      );
    }
    for (const token of Object.values(definition.needs)) {
      const provider = state.components.get(this.#composition().providers.get(token.name) ?? "");
      if (provider === undefined) return refuse(`nothing provides "${token.name}"`, "Add the plugin that provides it.");
      if (!provider.scope.isProcess && provider.scope !== record.scope) {
        return refuse(
          `"${provider.name}" is of another lease`,
          "Need only components of the same scope or of the process.",
        );
      }
      const problem = this.#chainProblem(provider, own + childrenStopTimeout);
      if (problem !== undefined)
        return refuse(problem, "Let the parent need it too, so that its chain of stops counts.");
    }
    return undefined;
  }

  /** The chain of stops was checked against the lease before there were children: one of them must not lengthen it. */
  #chainProblem(provider: ComponentRecord, childStop: number): string | undefined {
    const composition = this.#composition();
    const lease = composition.leases.get(provider.scope.name);
    if (lease === undefined) return undefined;
    const chain = childStop + this.#depths.below(provider.name, composition);
    const { total } = lease.stopChain;
    if (chain <= total) return undefined;
    return `it needs "${provider.name}", and to stop both takes ${chain} ms at most, more than the ${total} ms that lease "${lease.node.name}" reckons with`;
  }
}

/** What was not said is what is left of what the parent grants. */
function stopTimeoutOf(definition: ComponentDefinition, parent: ComponentRecord | undefined): number {
  const granted = parent?.policy.childrenStopTimeout;
  return definition.options.stopTimeout === undefined && granted !== undefined
    ? granted - (definition.policy.childrenStopTimeout ?? 0)
    : definition.policy.stopTimeout;
}
