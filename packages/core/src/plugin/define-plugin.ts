import type { z } from "zod";
import type { ComponentDefinition } from "../component/define-component.ts";
import { requireObject } from "../composition/check-given.ts";
import type { LeaseDefinition } from "../lease/define-lease.ts";

/** What defines a plugin: its configuration, and the components and leases that it adds for that configuration. */
export interface PluginSpec<S extends z.ZodType> {
  /** Unique in a composition; also the key of its section in the configuration. */
  readonly name: string;
  /** One sentence for the configuration's JSON Schema. */
  readonly description?: string;
  /**
   * Validates the plugin's section of the configuration. Keys that it does not know are refused, also where zod would strip them, unless it is a
   * `looseObject`. Default: the section must be absent or empty.
   */
  readonly config?: S;
  /** Plugins that this one cannot do without: added as given here if the composition does not have one of that name. */
  readonly uses?: readonly Plugin[];
  /**
   * Called when the plugin's configuration is valid, and again whenever that has changed. Must only describe, and return at once: nothing is
   * opened or started here.
   */
  contribute(config: z.output<S>): PluginContribution;
}

export interface PluginContribution {
  readonly components?: readonly ComponentDefinition[];
  readonly leases?: readonly LeaseDefinition[];
}

/** One use of a plugin in a composition. */
export interface Plugin {
  readonly name: string;
  readonly description: string | undefined;
  readonly schema: z.ZodType | undefined;
  readonly uses: readonly Plugin[];
  /** What the caller gave in code; the configuration's section is laid over it, mappings key by key. */
  readonly input: Readonly<Record<string, unknown>>;
  contribute(config: unknown): PluginContribution;
}

/** Called with configuration in code, it gives a plugin for `createController`: `manifestApplier({ directory })`. */
export type PluginFactory<S extends z.ZodType> = (input?: Partial<z.input<S>>) => Plugin;

/** @throws CompositionError `TENURE_BAD_SHAPE` for what is no object. All else that is wrong is reported by `createController`. */
export function definePlugin<S extends z.ZodType = z.ZodType<Record<string, never>, Record<string, never>>>(
  spec: PluginSpec<S>,
): PluginFactory<S> {
  requireObject(spec, "definePlugin", "definePlugin({ name, contribute })");
  return (input) =>
    Object.freeze({
      name: spec.name,
      description: spec.description,
      schema: spec.config,
      uses: spec.uses ?? [],
      input: (input ?? {}) as Readonly<Record<string, unknown>>,
      // Only ever called with what `schema` gave, by the composition, which reports what is no function.
      contribute: spec.contribute && ((config) => spec.contribute(config as z.output<S>)),
    } satisfies Plugin);
}
