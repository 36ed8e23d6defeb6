import { type ComponentDefinition, defineComponent, definePlugin, type Plugin, type Token } from "@tenure/core";

/**
 * A process-scoped component that provides `value` under `token`, in place of the real provider. Should `value` have methods called
 * `start`, `run`, `stop` or `healthy`, they are called as a component's are.
 *
 * @param name default: the token's name
 */
export function fakeProvider<T extends object>(
  token: Token<T>,
  value: T,
  options: { readonly name?: string; readonly scope?: string } = {},
): ComponentDefinition<T> {
  return defineComponent<T>({
    name: options.name ?? token.name,
    ...(options.scope === undefined ? {} : { scope: options.scope }),
    provides: token,
    create: () => value,
  });
}

/** Takes the place of the plugin of that name, also where another plugin uses it: a composition's own plugin comes before a used one. */
export function fakePlugin(name: string, ...components: readonly ComponentDefinition[]): Plugin {
  return definePlugin({ name, contribute: () => ({ components }) })();
}
