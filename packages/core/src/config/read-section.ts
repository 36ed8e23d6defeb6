import type { CompositionProblem } from "../composition/composition-error.ts";
import { didYouMean } from "../composition/near-names.ts";
import { describeError } from "../errors/tenure-error.ts";
import type { Plugin } from "../plugin/define-plugin.ts";
import { sectionView } from "./config-schema.ts";
import type { ConfigSource } from "./config-source.ts";
import { issueTexts } from "./issue-text.ts";
import { isMapping, mergeValues } from "./merge-values.ts";
import { unknownKeys } from "./unknown-keys.ts";

/**
 * The configuration of one plugin: its section laid over what was given in code, validated.
 *
 * @returns undefined when something is wrong with it, which is added to `problems`.
 */
export function readSection(
  plugin: Plugin,
  config: ConfigSource,
  problems: CompositionProblem[],
): { readonly value: unknown } | undefined {
  const section = config.values[plugin.name] ?? undefined;
  if (section !== undefined && !isMapping(section)) {
    problems.push({
      code: "TENURE_CONFIG_INVALID",
      message: `${config.locate([plugin.name])}: the section of plugin "${plugin.name}" is not a mapping`,
      remedy: "Write the plugin's options as a mapping below its name.",
    });
    return undefined;
  }
  const input = mergeValues(plugin.input, section) as Readonly<Record<string, unknown>>;
  if (plugin.schema === undefined && Object.keys(input).length === 0) return { value: {} };
  const place = (path: readonly PropertyKey[]) =>
    section === undefined || (!isIn(path[0], section) && isIn(path[0], plugin.input))
      ? `plugin "${plugin.name}"`
      : config.locate([plugin.name, ...path]);
  const found = problems.length;
  const report = (code: CompositionProblem["code"], path: readonly PropertyKey[], message: string, remedy: string) => {
    const full = [plugin.name, ...path];
    const text = config.redact?.(full, message) ?? message;
    problems.push({ code, message: `${place(path)}: ${full.map(String).join(".")}: ${text}`, remedy });
  };
  for (const { path, known } of unknownKeys(input, sectionView(plugin))) {
    const key = String(path.at(-1));
    const remedy =
      known.length === 0
        ? "Remove it: the plugin takes no configuration."
        : `Remove it, or correct its name; there are ${known.join(", ")}.`;
    report("TENURE_CONFIG_UNKNOWN_KEY", path, `there is no such option${didYouMean(key, known)}`, remedy);
  }
  try {
    const result = plugin.schema?.safeParse(input);
    for (const { path, message } of issueTexts(result?.error?.issues ?? [])) {
      const missing = section === undefined && !isIn(path[0], plugin.input);
      const remedy = missing
        ? "Give the option where the plugin is listed, or in the configuration."
        : "Correct the value.";
      report("TENURE_CONFIG_INVALID", path, message, remedy);
    }
    return problems.length > found ? undefined : { value: result?.data };
  } catch (error) {
    problems.push({
      code: "TENURE_PLUGIN_FAILED",
      message: `the schema of plugin "${plugin.name}" failed: ${config.redact?.([plugin.name], describeError(error)) ?? describeError(error)}`,
      remedy: "Correct the plugin: its schema must validate at once, and must not throw.",
    });
    return undefined;
  }
}

function isIn(key: PropertyKey | undefined, mapping: object): boolean {
  return key !== undefined && Object.hasOwn(mapping, key);
}
