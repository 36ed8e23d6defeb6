import { isDeepStrictEqual } from "node:util";
import type { ComponentDefinition } from "../component/define-component.ts";
import type { Needs } from "../component/token.ts";
import type { ConfigSource } from "../config/config-source.ts";
import { withEnvironment } from "../config/environment.ts";
import { isMapping } from "../config/merge-values.ts";
import { readSection } from "../config/read-section.ts";
import { describeError } from "../errors/tenure-error.ts";
import type { LeaseDefinition } from "../lease/define-lease.ts";
import type { Plugin, PluginContribution } from "../plugin/define-plugin.ts";
import type { CompositionProblem } from "./composition-error.ts";
import { didYouMean } from "./near-names.ts";
import { describeValue, mapping } from "./option-rules.ts";
import { usedPlugins } from "./used-plugins.ts";

/** What one plugin has added, for which configuration. */
export interface Contributed {
  readonly plugin: Plugin;
  readonly config: unknown;
  readonly components: readonly ComponentDefinition[];
  readonly leases: readonly LeaseDefinition[];
}

export interface ExpandedPlugins {
  /** By the plugin's name. */
  readonly contributed: ReadonlyMap<string, Contributed>;
  /** False: something is wrong with a plugin or its configuration, and what it would have added is not there. */
  readonly complete: boolean;
}

/**
 * Validates each plugin's section of the configuration and collects what the plugins add. Mistakes go to `problems`.
 *
 * @param before what they have added to the composition that this one is to replace: where nothing has changed for a definition, the
 * old one is kept, so that identity tells what is to be restarted.
 */
export function expandPlugins(
  plugins: readonly Plugin[],
  source: ConfigSource,
  problems: CompositionProblem[],
  before: ReadonlyMap<string, Contributed> = new Map(),
): ExpandedPlugins {
  const all = usedPlugins(plugins, problems);
  const config = withEnvironment(mappingOnly(source, problems), all, problems);
  refuseUnknownSections(all, config, problems);
  const contributed = new Map<string, Contributed>();
  for (const plugin of all) {
    const section = readSection(plugin, config, problems);
    if (section === undefined) continue;
    const old = before.get(plugin.name);
    if (old?.plugin === plugin && isDeepStrictEqual(old.config, section.value)) {
      contributed.set(plugin.name, old);
      continue;
    }
    const contribution = describe(plugin, section.value, problems);
    if (contribution === undefined) continue;
    const { components = [], leases = [] } = contribution;
    contributed.set(plugin.name, {
      plugin,
      config: section.value,
      components: Array.isArray(components)
        ? components.map((definition) => unchanged(definition, old?.components) ?? definition)
        : components,
      leases,
    });
  }
  const dropped = problems.some(({ code }) => code === "TENURE_BAD_SHAPE");
  return { contributed, complete: contributed.size === all.length && !dropped };
}

function mappingOnly(source: ConfigSource, problems: CompositionProblem[]): ConfigSource {
  const { values } = source as { readonly values: unknown };
  if (isMapping(values)) return source;
  problems.push({
    code: "TENURE_BAD_SHAPE",
    message: `${source.locate([])} is ${describeValue(values)}, not a mapping`,
    remedy: "Give `await loadConfig(file)`, or an object whose keys are the names of plugins.",
  });
  return { ...source, values: {} };
}

function refuseUnknownSections(plugins: readonly Plugin[], config: ConfigSource, problems: CompositionProblem[]): void {
  const names = new Set(plugins.map((plugin) => plugin.name));
  for (const key of Object.keys(config.values)) {
    // Editors look there for the schema of the file.
    if (names.has(key) || key === "$schema") continue;
    problems.push({
      code: "TENURE_CONFIG_UNKNOWN_KEY",
      message: `${config.locate([key])}: no plugin is called "${key}"${didYouMean(key, names)}`,
      remedy: `Remove the section, or add its plugin; the plugins are ${[...names].join(", ") || "none"}.`,
    });
  }
}

function describe(plugin: Plugin, config: unknown, problems: CompositionProblem[]): PluginContribution | undefined {
  let contribution: unknown;
  try {
    contribution = plugin.contribute(config);
  } catch (error) {
    problems.push({
      code: "TENURE_PLUGIN_FAILED",
      message: `plugin "${plugin.name}" failed to describe its components: ${describeError(error)}`,
      remedy: "Correct the plugin: `contribute` must only describe, and must not throw for a valid configuration.",
    });
    return undefined;
  }
  const who = `what contribute of plugin "${plugin.name}" returns`;
  const found = problems.length;
  const wrong = (message: string, remedy: string) => problems.push({ code: "TENURE_BAD_SHAPE", message, remedy });
  if (contribution instanceof Promise) {
    contribution.catch(() => {});
    wrong(
      `${who} is a promise`,
      "Describe the components without waiting; what must be awaited belongs into `start` of a component.",
    );
  } else if (typeof contribution !== "object" || contribution === null || Array.isArray(contribution)) {
    wrong(
      `${who} is ${describeValue(contribution)}, not an object`,
      "Return { components: [...], leases: [...] }, either of which may be left out.",
    );
  } else {
    const parts = mapping(
      { components: undefined, leases: undefined },
      [],
      "Return { components: [...], leases: [...] }.",
    );
    parts(contribution, "", (path, message, remedy = "") => wrong(`${who}: ${path} ${message}`, remedy));
  }
  return problems.length > found ? undefined : (contribution as PluginContribution);
}

/** A component that says on what of the configuration it depends is as before when that is, and all that is declared of it. */
function unchanged(
  definition: ComponentDefinition,
  before: readonly ComponentDefinition[] | undefined,
): ComponentDefinition | undefined {
  if (definition?.config === undefined) return undefined;
  const old = before?.find((other) => other.name === definition.name);
  return old !== undefined && isDeepStrictEqual(declared(definition), declared(old)) ? old : undefined;
}

/** Tokens are compared by their names: another definition of a need is the same need. What is made of the options stands for them. */
function declared({ create: _create, options: _options, ...rest }: ComponentDefinition): object {
  const names = (tokens: Needs) => Object.entries(tokens).map(([alias, token]) => [alias, token?.name]);
  return {
    ...rest,
    needs: names(rest.needs),
    wants: names(rest.wants),
    after: rest.after.map((token) => token?.name),
  };
}
