import type { ComponentDefinition } from "../component/define-component.ts";
import type { CompositionProblem } from "./composition-error.ts";

/**
 * Who provides what: provider's name by token's name. The name of a component is a token for it as well.
 *
 * @param who for messages.
 */
export function findProviders(
  definitions: Iterable<ComponentDefinition>,
  who: (definition: ComponentDefinition) => string,
  problems: CompositionProblem[],
): ReadonlyMap<string, string> {
  const candidates = new Map<string, ComponentDefinition[]>();
  const add = (token: string, definition: ComponentDefinition) => {
    const others = candidates.get(token);
    if (others === undefined) candidates.set(token, [definition]);
    else others.push(definition);
  };
  for (const definition of definitions) {
    add(definition.name, definition);
    if (definition.provides !== definition.name) add(definition.provides, definition);
  }
  const providers = new Map<string, string>();
  for (const [token, [first, ...others]] of candidates) {
    if (first !== undefined) providers.set(token, first.name);
    if (first === undefined || others.length === 0) continue;
    const how = (definition: ComponentDefinition) =>
      definition.name === token ? `${who(definition)} by its name` : who(definition);
    problems.push({
      code: "TENURE_AMBIGUOUS_PROVIDER",
      message: `"${token}" is provided by ${[first, ...others].map(how).join(" and by ")}`,
      remedy: "Keep one of them, or give the others tokens of their own.",
    });
  }
  return providers;
}
