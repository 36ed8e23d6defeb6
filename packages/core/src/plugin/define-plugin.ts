import type { z } from "zod";
import type { ComponentDefinition } from "../component/define-component.ts";
import type { LeaseDefinition } from "../lease/define-lease.ts";

/** What defines a plugin: its configuration, and the components and leases that it adds for that configuration. */
export interface PluginSpec<S extends z.ZodType> {
  /** Unique in a composition; also the key of its section in the configuration. */
  readonly name: string;
  /** Validates the plugin's section of the configuration. Default: the section must be absent or empty. */
  readonly config?: S;
  /** Plugins that this one cannot do without: added with their defaults if the composition does not have one of that name. */
  readonly uses?: readonly Plugin[];
  /** Called once, when the whole configuration is valid. Must only describe: nothing is opened or started here. */
  contribute(config: z.output<S>): PluginContribution;
}

export interface PluginContribution {
  readonly components?: readonly ComponentDefinition[];
  readonly leases?: readonly LeaseDefinition[];
}

/** One use of a plugin in a composition. */
export interface Plugin {
  readonly name: string;
  readonly schema: z.ZodType | undefined;
  readonly uses: readonly Plugin[];
  /** What the caller gave in code; the configuration's section is laid over it. */
  readonly input: Readonly<Record<string, unknown>>;
  contribute(config: unknown): PluginContribution;
}

/** Called with configuration in code, it gives a plugin for `createController`: `manifestApplier({ directory })`. */
export type PluginFactory<S extends z.ZodType> = (input?: Partial<z.input<S>>) => Plugin;

export function definePlugin<S extends z.ZodType = z.ZodType<Record<string, never>>>(
  spec: PluginSpec<S>,
): PluginFactory<S> {
  return (input) =>
    Object.freeze({
      name: spec.name,
      schema: spec.config,
      uses: spec.uses ?? [],
      input: (input ?? {}) as Readonly<Record<string, unknown>>,
      // Only ever called with what `schema` gave, by the composition.
      contribute: (config) => spec.contribute(config as z.output<S>),
    } satisfies Plugin);
}
