import { readFile } from "node:fs/promises";
import { ConfigError, type ConfigSource } from "./config-source.ts";
import { parseConfig } from "./parse-config.ts";

export interface LoadConfigOptions {
  /** Whose variables `<prefix><PLUGIN>__<KEY>` lie over the file. Default `process.env`; `{}` for none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default `TENURE_`. A distribution of yours may have its own. */
  readonly prefix?: string;
  /** A file that does not exist is an empty one, as when everything is given by the environment. Default false. */
  readonly optional?: boolean;
}

/**
 * Reads a configuration file: one YAML (or JSON) mapping whose top-level keys are the names of plugins, and `$schema`, which is for editors.
 * Variables of the environment lie over it. Does not validate the sections; `createController` does, with the plugins' schemas.
 *
 * @param file undefined: there is none, and the environment is all.
 * @throws ConfigError when the file cannot be read or is no YAML mapping, with file, line and column.
 */
export async function loadConfig(file: string | undefined, options: LoadConfigOptions = {}): Promise<ConfigSource> {
  const text = file === undefined ? undefined : await read(file, options.optional === true);
  const source = text === undefined ? nothing : parseConfig(text, file ?? "");
  return { ...source, environment: { prefix: options.prefix ?? "TENURE_", variables: options.env ?? process.env } };
}

const nothing: ConfigSource = { values: {}, locate: () => "the environment" };

async function read(file: string, optional: boolean): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    if (optional && cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    const notText = cause instanceof TypeError;
    throw new ConfigError(`the configuration file ${file} ${notText ? "is not UTF-8" : "cannot be read"}`, {
      code: "TENURE_CONFIG_UNREADABLE",
      remedy: notText ? "Save it as UTF-8." : "Name a file that exists and that this user may read.",
      cause,
    });
  }
}
