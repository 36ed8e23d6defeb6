import { isDeepStrictEqual } from "node:util";
import type { Plugin } from "../plugin/define-plugin.ts";
import { nameProblems } from "./check-definition.ts";
import type { CompositionProblem } from "./composition-error.ts";
import { describeValue } from "./option-rules.ts";

/** What plugins use comes before them, once, and gives way to a plugin of that name that the composition has itself. */
export function usedPlugins(plugins: readonly Plugin[], problems: CompositionProblem[]): readonly Plugin[] {
  const listed = new Map<string, Plugin>();
  for (const plugin of wellShaped(plugins, "plugins", problems)) {
    if (listed.has(plugin.name)) {
      problems.push({
        code: "TENURE_DUPLICATE_NAME",
        message: `plugin "${plugin.name}" is listed twice`,
        remedy: "List it once; two uses of one kind of plugin need two names.",
      });
    }
    listed.set(plugin.name, plugin);
  }
  const ordered = new Map<string, Plugin>();
  const path: string[] = [];
  const usedBy = new Map<string, { readonly plugin: Plugin; readonly user: string }>();
  const add = (wanted: Plugin) => {
    const plugin = listed.get(wanted.name) ?? wanted;
    const user = path.at(-1);
    if (path.includes(plugin.name)) {
      problems.push(circle([...path.slice(path.indexOf(plugin.name)), plugin.name]));
      return;
    }
    if (user !== undefined && !listed.has(plugin.name)) {
      const other = usedBy.get(plugin.name);
      if (other === undefined) usedBy.set(plugin.name, { plugin, user });
      else if (!isDeepStrictEqual(other.plugin.input, plugin.input))
        problems.push(twoUses(plugin.name, other.user, user));
    }
    if (ordered.has(plugin.name)) return;
    path.push(plugin.name);
    for (const used of wellShaped(plugin.uses, `plugin "${plugin.name}": uses`, problems)) add(used);
    path.pop();
    ordered.set(plugin.name, plugin);
  };
  for (const plugin of listed.values()) add(plugin);
  return [...ordered.values()];
}

function circle(path: readonly string[]): CompositionProblem {
  return {
    code: "TENURE_PLUGIN_CYCLE",
    message: `plugins use each other in a circle: ${path.join(" → ")}`,
    remedy: "Remove one of these `uses`: components may need each other's tokens without it.",
  };
}

function twoUses(name: string, first: string, second: string): CompositionProblem {
  return {
    code: "TENURE_DUPLICATE_NAME",
    message: `plugins "${first}" and "${second}" use plugin "${name}" with different options`,
    remedy: `List "${name}" in the composition, with the options that hold for both.`,
  };
}

function wellShaped(plugins: readonly Plugin[], where: string, problems: CompositionProblem[]): readonly Plugin[] {
  if (!Array.isArray(plugins)) {
    problems.push({
      code: "TENURE_BAD_SHAPE",
      message: `${where} is ${describeValue(plugins)}, not an array`,
      remedy: "Give an array of plugins.",
    });
    return [];
  }
  return plugins.filter((plugin: unknown, index) => {
    const found = shapeProblems(plugin, `${where}[${index}]`);
    problems.push(...found);
    return found.length === 0;
  });
}

function shapeProblems(plugin: unknown, place: string): readonly CompositionProblem[] {
  const wrong = (message: string, remedy: string): readonly CompositionProblem[] => [
    { code: "TENURE_BAD_SHAPE", message, remedy },
  ];
  if (typeof plugin === "function") {
    return wrong(
      `${place} is ${describeValue(plugin)}, not a plugin`,
      "Call what definePlugin made: `thePlugin()`, or `thePlugin({ ... })`.",
    );
  }
  if (typeof plugin !== "object" || plugin === null || !("contribute" in plugin) || !("input" in plugin)) {
    return wrong(`${place} is ${describeValue(plugin)}, not a plugin`, "Give what definePlugin makes, called.");
  }
  const { name, contribute, input, schema } = plugin as Plugin;
  const bad = nameProblems(name, place, "plugin");
  if (bad.length > 0) return bad;
  if (typeof contribute !== "function") {
    return wrong(
      `plugin "${name}": contribute is ${describeValue(contribute)}, not a function`,
      "Give a function that describes what the plugin adds.",
    );
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return wrong(
      `plugin "${name}" was given ${describeValue(input)} instead of an object of options`,
      "Give its options as an object.",
    );
  }
  if (schema !== undefined && !(typeof schema === "object" && schema !== null && "_zod" in schema)) {
    return wrong(
      `plugin "${name}": config is no schema of zod 4`,
      'Make it by z.object({ ... }) of zod 4 (`import { z } from "zod"`).',
    );
  }
  return [];
}
