import { TenureError } from "../errors/tenure-error.ts";

/** A configuration together with where each of its keys stands, so that errors can name file and line. */
export interface ConfigSource {
  readonly values: Readonly<Record<string, unknown>>;
  /** What lies over `values`: laid there by the composition, which knows the plugins' options. Default: nothing. */
  readonly environment?: EnvironmentOverrides;
  /** For people: `tenure.yaml:12`, `environment variable X`, or `the configuration` when it was given in code. */
  locate(path: readonly PropertyKey[]): string;
  /** Takes out of a text for people what may be a secret in the value at `path`. Default: nothing is. */
  redact?(path: readonly PropertyKey[], text: string): string;
}

export interface EnvironmentOverrides {
  /** Of the variables that are meant for this configuration, as `TENURE_`. */
  readonly prefix: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** The configuration cannot be read at all. What is wrong with its values is a CompositionError. */
export class ConfigError extends TenureError {}

/** A configuration given in code. Its shape is checked by the composition. */
export function configInCode(values: Readonly<Record<string, unknown>>): ConfigSource {
  return { values, locate: () => "the configuration" };
}

export function isConfigSource(config: unknown): config is ConfigSource {
  return typeof config === "object" && config !== null && "locate" in config && typeof config.locate === "function";
}
