import { isDeepStrictEqual } from "node:util";
import type { ComponentDefinition } from "../component/define-component.ts";
import type { Needs } from "../component/token.ts";
import type { ConfigSource } from "../config/config-source.ts";
import { describeError } from "../errors/tenure-error.ts";
import type { LeaseDefinition } from "../lease/define-lease.ts";
import type { Plugin } from "../plugin/define-plugin.ts";
import type { CompositionProblem } from "./composition-error.ts";

/** What one plugin has added, for which configuration. */
export interface Contributed {
  readonly plugin: Plugin;
  readonly config: unknown;
  readonly components: readonly ComponentDefinition[];
  readonly leases: readonly LeaseDefinition[];
}

/**
 * Validates each plugin's section of the configuration and collects what the plugins add, by the plugin's name. Mistakes go to
 * `problems`.
 *
 * @param before what they have added to the composition that this one is to replace: where nothing has changed for a definition, the
 * old one is kept, so that identity tells what is to be restarted.
 */
export function expandPlugins(
  plugins: readonly Plugin[],
  config: ConfigSource,
  problems: CompositionProblem[],
  before: ReadonlyMap<string, Contributed> = new Map(),
): ReadonlyMap<string, Contributed> {
  const all = withUsed(plugins, problems);
  const names = new Set(all.map((plugin) => plugin.name));
  for (const key of Object.keys(config.values)) {
    if (names.has(key)) continue;
    problems.push({
      code: "TENURE_CONFIG_UNKNOWN_KEY",
      message: `${config.locate([key])}: no plugin is called "${key}"`,
      remedy: `Remove the section, or add its plugin; the plugins are ${[...names].join(", ")}.`,
    });
  }
  const contributed = new Map<string, Contributed>();
  for (const plugin of all) {
    const section = validated(plugin, config, problems);
    if (section === undefined) continue;
    const old = before.get(plugin.name);
    if (old?.plugin === plugin && isDeepStrictEqual(old.config, section.value)) {
      contributed.set(plugin.name, old);
      continue;
    }
    try {
      const { components = [], leases = [] } = plugin.contribute(section.value);
      contributed.set(plugin.name, {
        plugin,
        config: section.value,
        components: components.map((definition) => unchanged(definition, old?.components) ?? definition),
        leases,
      });
    } catch (error) {
      problems.push({
        code: "TENURE_PLUGIN_FAILED",
        message: `plugin "${plugin.name}" failed to describe its components: ${describeError(error)}`,
        remedy: "Correct the plugin: `contribute` must only describe, and must not throw for a valid configuration.",
      });
    }
  }
  return contributed;
}

/** A component that says on what of the configuration it depends is as before when that is, and all that is declared of it. */
function unchanged(
  definition: ComponentDefinition,
  before: readonly ComponentDefinition[] | undefined,
): ComponentDefinition | undefined {
  if (definition.config === undefined) return undefined;
  const old = before?.find((other) => other.name === definition.name);
  if (old === undefined) return undefined;
  const { create: _new, ...declared } = definition;
  const { create: _old, ...declaredBefore } = old;
  return isDeepStrictEqual(plain(declared), plain(declaredBefore)) ? old : undefined;
}

/** Tokens are compared by their names: another definition of a need is the same need. */
function plain(declared: Omit<ComponentDefinition, "create">): object {
  const names = (tokens: Needs) => Object.entries(tokens).map(([alias, token]) => [alias, token.name]);
  return {
    ...declared,
    needs: names(declared.needs),
    wants: names(declared.wants),
    after: declared.after.map((token) => token.name),
  };
}

/** What plugins use comes before them, once, and gives way to a plugin of that name that the composition has itself. */
function withUsed(plugins: readonly Plugin[], problems: CompositionProblem[]): readonly Plugin[] {
  const chosen = new Map<string, Plugin>();
  for (const plugin of plugins) {
    if (chosen.has(plugin.name)) {
      problems.push({
        code: "TENURE_DUPLICATE_NAME",
        message: `plugin "${plugin.name}" is listed twice`,
        remedy: "List it once; two uses of one kind of plugin need two names.",
      });
    }
    chosen.set(plugin.name, plugin);
  }
  const ordered = new Map<string, Plugin>();
  const add = (wanted: Plugin) => {
    const plugin = chosen.get(wanted.name) ?? wanted;
    if (ordered.has(plugin.name)) return;
    for (const used of plugin.uses) add(used);
    ordered.set(plugin.name, plugin);
  };
  for (const plugin of plugins) add(plugin);
  return [...ordered.values()];
}

function validated(
  plugin: Plugin,
  config: ConfigSource,
  problems: CompositionProblem[],
): { readonly value: unknown } | undefined {
  const section = config.values[plugin.name];
  const where = () => config.locate([plugin.name]);
  if (section !== undefined && section !== null && (typeof section !== "object" || Array.isArray(section))) {
    problems.push({
      code: "TENURE_CONFIG_INVALID",
      message: `${where()}: the section of plugin "${plugin.name}" is not a mapping`,
      remedy: "Write the plugin's options as a mapping below its name.",
    });
    return undefined;
  }
  const input: Record<string, unknown> = { ...plugin.input, ...(section as object | undefined | null) };
  if (plugin.schema === undefined) {
    if (Object.keys(input).length === 0) return { value: {} };
    problems.push({
      code: "TENURE_CONFIG_INVALID",
      message: `${where()}: plugin "${plugin.name}" takes no configuration`,
      remedy: "Remove the section.",
    });
    return undefined;
  }
  const result = plugin.schema.safeParse(input);
  if (result.success) return { value: result.data };
  for (const issue of result.error.issues) {
    const path = [plugin.name, ...issue.path];
    const inCode = section === undefined || section === null;
    const place = inCode ? `plugin "${plugin.name}"` : config.locate(path);
    problems.push({
      code: "TENURE_CONFIG_INVALID",
      message: `${place}: ${path.map(String).join(".")}: ${issue.message}`,
      remedy: inCode ? "Give the option where the plugin is listed, or in the configuration." : "Correct the value.",
    });
  }
  return undefined;
}
