import { parseDocument } from "yaml";
import type { CompositionProblem } from "../composition/composition-error.ts";
import { nearestName } from "../composition/near-names.ts";
import type { Plugin } from "../plugin/define-plugin.ts";
import { sectionView } from "./config-schema.ts";
import type { ConfigSource } from "./config-source.ts";
import { withValueAt } from "./merge-values.ts";
import type { SchemaView } from "./schema-view.ts";

/** Deeper options are given as part of a mapping; also an end for schemas that contain themselves. */
const deepest = 6;

/** An option that can be given by the environment. */
interface Variable {
  readonly path: readonly string[];
  readonly accepts: SchemaView;
}

/**
 * Lays the variables of the environment over a configuration. The name of a variable is made of the path of the option, never the other
 * way round: `<prefix><PLUGIN>__<KEY>__<KEY>`, each part in upper case, words parted by `_`. So there is nothing to guess.
 */
export function withEnvironment(
  source: ConfigSource,
  plugins: readonly Plugin[],
  problems: CompositionProblem[],
): ConfigSource {
  if (source.environment === undefined) return source;
  const { prefix, variables } = source.environment;
  const options = new Map<string, Variable[]>();
  for (const plugin of plugins) {
    collect(sectionView(plugin), [plugin.name], prefix + upperCase(plugin.name), options);
  }
  const given: { readonly name: string; readonly text: string; readonly path: readonly string[] }[] = [];
  let values: unknown = source.values;
  // A mapping before what lies within it.
  for (const [name, text] of Object.entries(variables).sort(([a], [b]) => a.length - b.length)) {
    if (text === undefined || !name.startsWith(prefix)) continue;
    const [option, ...others] = options.get(name) ?? [];
    if (option === undefined) problems.push(...unknownVariable(name, prefix, options));
    else if (others.length > 0) problems.push(ambiguousVariable(name, [option, ...others]));
    else {
      const read = readValue(text, option.accepts);
      if (read === undefined) problems.push(notYaml(name));
      else {
        values = withValueAt(values, option.path, read.value);
        given.push({ name, text, path: option.path });
      }
    }
  }
  const at = (path: readonly PropertyKey[]) =>
    given.findLast((one) => one.path.every((key, index) => key === path[index]));
  return {
    values: values as ConfigSource["values"],
    locate(path) {
      const variable = at(path);
      return variable === undefined ? source.locate(path) : `environment variable ${variable.name}`;
    },
    redact(path, text) {
      const secret = at(path)?.text;
      // Shorter than this is no secret, and would take words apart.
      return secret === undefined || secret.length < 4 ? text : text.replaceAll(secret, "…");
    },
  };
}

/** `manifest-applier` → `MANIFEST_APPLIER`, `leaseDuration` → `LEASE_DURATION`, `kubeAPIServer` → `KUBE_API_SERVER`. */
function upperCase(name: string): string {
  return name
    .replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1_$2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2")
    .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
    .toUpperCase();
}

function collect(at: SchemaView, path: readonly string[], name: string, options: Map<string, Variable[]>): void {
  if (path.length > deepest) return;
  for (const key of at.keys) {
    const accepts = at.at(key);
    if (accepts === undefined) continue;
    const variable = `${name}__${upperCase(key)}`;
    const option = { path: [...path, key], accepts };
    options.set(variable, [...(options.get(variable) ?? []), option]);
    collect(accepts, option.path, variable, options);
  }
}

/**
 * An option that takes nothing but text is given the text as it stands: a password may look like anything. Everything else is read as
 * YAML, of which JSON is a part; where that gives what the option does not take, and it takes text, it is text.
 */
function readValue(text: string, accepts: SchemaView): { readonly value: unknown } | undefined {
  const { types } = accepts;
  const takesText = types.has("string") && !accepts.isAnything;
  if (takesText && [...types].every((type) => type === "string")) return { value: text };
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) return takesText ? { value: text } : undefined;
  try {
    const value: unknown = document.toJS({ maxAliasCount: 0 }) ?? null;
    return { value: takesText && !types.has(typeOf(value)) ? text : value };
  } catch {
    return undefined;
  }
}

function typeOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

/** Only what has the form of a variable of ours, or is one but for an underscore: other programs may share the prefix. */
function unknownVariable(
  name: string,
  prefix: string,
  options: ReadonlyMap<string, readonly Variable[]>,
): readonly CompositionProblem[] {
  const oneUnderscore = (text: string) => text.replaceAll(/_+/g, "_");
  const meant = [...options.keys()].find((option) => oneUnderscore(option) === oneUnderscore(name));
  if (meant === undefined && !name.slice(prefix.length).includes("__")) return [];
  const mapping = [...options].find(([option, [first]]) => name.startsWith(`${option}__`) && first?.accepts.isOpen);
  const near = meant ?? nearestVariable(name, [...options.keys()]);
  return [
    {
      code: "TENURE_CONFIG_UNKNOWN_KEY",
      message: `environment variable ${name}: no plugin has such an option${mapping !== undefined || near === undefined ? "" : `; did you mean "${near}"?`}`,
      remedy:
        mapping === undefined
          ? `Correct its name (${prefix}<PLUGIN>__<OPTION>), or remove it.`
          : `The keys of that option are free: give it whole, as ${mapping[0]}='{key: value}'.`,
    },
  ];
}

/** What variables have in common at their beginning says nothing: parts are compared, those of the same mapping first. */
function nearestVariable(name: string, options: readonly string[]): string | undefined {
  const parent = name.slice(0, name.lastIndexOf("__") + 2);
  const beside = options.filter((option) => option.startsWith(parent)).map((option) => option.slice(parent.length));
  const near = nearestName(name.slice(parent.length), beside);
  return near === undefined ? nearestName(name, options) : parent + near;
}

function ambiguousVariable(name: string, options: readonly Variable[]): CompositionProblem {
  return {
    code: "TENURE_CONFIG_UNKNOWN_KEY",
    message: `environment variable ${name} stands for ${options.map(({ path }) => path.join(".")).join(" and ")}`,
    remedy: "Give them in the file.",
  };
}

function notYaml(name: string): CompositionProblem {
  return {
    code: "TENURE_CONFIG_INVALID",
    message: `environment variable ${name}: its value is not YAML`,
    remedy: "Write a number, true or false, [a, b] or {key: value}.",
  };
}
