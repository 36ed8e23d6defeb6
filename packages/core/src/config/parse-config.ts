import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import { describeError } from "../errors/tenure-error.ts";
import { ConfigError, type ConfigSource } from "./config-source.ts";

/** So many mistakes of syntax are told at once: later ones often follow from the first. */
const mostMistakes = 5;

/**
 * As `loadConfig` reads a file, for a text that is there already, without the environment.
 *
 * @param file for messages.
 * @throws ConfigError for what is no YAML mapping: bad syntax, a key twice, unknown tags, several documents, aliases that explode.
 */
export function parseConfig(text: string, file: string): ConfigSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  // A warning is a tag that is not known: the value would silently be something else.
  const mistakes = [...document.errors, ...document.warnings].slice(0, mostMistakes);
  if (mistakes.length > 0) {
    throw syntaxError(mistakes.map((mistake) => `${place(mistake.pos[0])}: ${textOf(mistake)}`).join("\n"));
  }
  if (document.contents !== null && !isMap(document.contents)) {
    // An empty document, as of a file that has only comments, is an empty mapping.
    if (!(isScalar(document.contents) && document.contents.value === null)) {
      throw new ConfigError(`${place(document.contents.range?.[0] ?? 0)}: the configuration is not a mapping`, {
        code: "TENURE_CONFIG_SYNTAX",
        remedy: "Write one mapping whose keys are the names of plugins.",
      });
    }
  }
  return {
    values: valuesOf(document, file),
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

/** Aliases are expanded here, at most a hundred times. */
function valuesOf(document: Document, file: string): Readonly<Record<string, unknown>> {
  try {
    return (document.toJS({ maxAliasCount: 100 }) ?? {}) as Record<string, unknown>;
  } catch (cause) {
    throw syntaxError(`${file}: ${describeError(cause)}`);
  }
}

function syntaxError(message: string): ConfigError {
  return new ConfigError(message, { code: "TENURE_CONFIG_SYNTAX", remedy: "Correct the YAML at that place." });
}

/** The key itself in a mapping, the item in a sequence. */
function keyAt(document: Document, path: readonly PropertyKey[]): Node | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap<Node>(parent)) {
    return parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === path.at(-1))?.key;
  }
  return document.getIn(path, true) as Node | undefined;
}

/** The library's texts, but for the one that speaks to programmers. */
function textOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return code === "MULTIPLE_DOCS" ? "a second document begins: a configuration is one" : message;
}
