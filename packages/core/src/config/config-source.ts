import { readFile } from "node:fs/promises";
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import { TenureError } from "../errors/tenure-error.ts";

/** A configuration together with where each of its keys stands, so that errors can name file and line. */
export interface ConfigSource {
  readonly values: Readonly<Record<string, unknown>>;
  /** For people: `tenure.yaml:12`, or `the configuration` when it was given in code. */
  locate(path: readonly PropertyKey[]): string;
}

export class ConfigError extends TenureError {}

/**
 * Reads a configuration file: one YAML (or JSON) mapping whose top-level keys are the names of plugins. Does not validate
 * the sections; `createController` does, with the plugins' schemas.
 *
 * @throws ConfigError when it cannot be read or is not a mapping, with file, line and column.
 */
export async function loadConfig(file: string): Promise<ConfigSource> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new ConfigError(`the configuration file ${file} cannot be read`, {
      code: "TENURE_CONFIG_UNREADABLE",
      remedy: "Name a file that exists and that this user may read.",
      cause,
    });
  }
  return parseConfig(text, file);
}

/** As `loadConfig`, for a text that is there already. `file` is for messages. */
export function parseConfig(text: string, file: string): ConfigSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const mistake = document.errors[0];
  if (mistake !== undefined) {
    throw new ConfigError(`${place(mistake.pos[0])}: ${mistake.message}`, {
      code: "TENURE_CONFIG_SYNTAX",
      remedy: "Correct the YAML at that place.",
    });
  }
  if (document.contents !== null && !isMap(document.contents)) {
    throw new ConfigError(`${place(document.contents.range?.[0] ?? 0)}: the configuration is not a mapping`, {
      code: "TENURE_CONFIG_SYNTAX",
      remedy: "Write one mapping whose keys are the names of plugins.",
    });
  }
  return {
    values: (document.toJS() ?? {}) as Record<string, unknown>,
    locate(path) {
      // The nearest key that stands in the file: a missing one is reported at its parent.
      for (let length = path.length; length > 0; length--) {
        const key = keyAt(document, path.slice(0, length));
        if (key?.range) return `${file}:${lines.linePos(key.range[0]).line}`;
      }
      return file;
    },
  };
}

/** The key itself in a mapping, the item in a sequence. */
function keyAt(document: Document, path: readonly PropertyKey[]): Node | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap<Node>(parent))
    return parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key;
  return document.getIn(path, true) as Node | undefined;
}

/** A configuration given in code. */
export function configInCode(values: Readonly<Record<string, unknown>>): ConfigSource {
  return { values, locate: () => "the configuration" };
}

export function isConfigSource(config: object | undefined): config is ConfigSource {
  return config !== undefined && "locate" in config && typeof config.locate === "function";
}
