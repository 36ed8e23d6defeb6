import { z } from "zod";
import { usedPlugins } from "../composition/used-plugins.ts";
import type { Plugin } from "../plugin/define-plugin.ts";
import { type JsonSchema, jsonSchemaOf } from "./json-schema.ts";
import { SchemaView } from "./schema-view.ts";

/**
 * The schemas of all plugins as one: a mapping whose keys are their names. What plugins use is part of it.
 *
 * @returns a schema for what is written in the file; `createController` lays that over what was given in code before it validates.
 */
export function configSchema(plugins: readonly Plugin[]): z.ZodObject {
  const sections = usedPlugins(plugins, []).map(
    (plugin) => [plugin.name, plugin.schema ?? z.strictObject({})] as const,
  );
  return z.strictObject({ $schema: z.string().optional(), ...Object.fromEntries(sections) });
}

/**
 * The configuration file as JSON Schema (2020-12), for editors: descriptions and defaults of all options, and no others. A file names it by
 * its key `$schema`. What was given in code is not required in the file; what only the environment gives is.
 */
export function configJsonSchema(plugins: readonly Plugin[]): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  const sections: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const plugin of usedPlugins(plugins, [])) {
    const { $defs, $schema: _, ...section } = prefixed(sectionSchema(plugin), plugin.name);
    Object.assign(definitions, $defs);
    const missing = (section.required ?? []).filter((key) => plugin.input[key] === undefined);
    if (missing.length > 0) required.push(plugin.name);
    const { required: _required, ...rest } = section;
    sections[plugin.name] = {
      ...(plugin.description === undefined ? {} : { description: plugin.description }),
      ...rest,
      // A section of which nothing is left but its name is an empty one.
      ...(rest.type === "object" && missing.length === 0 ? { type: ["object", "null"] } : {}),
      ...(missing.length === 0 ? {} : { required: missing }),
    };
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: { $schema: { type: "string", description: "Where this schema is, for editors." }, ...sections },
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  };
}

/** What may be written in a plugin's section. */
export function sectionView(plugin: Plugin): SchemaView {
  const schema = sectionSchema(plugin);
  return new SchemaView([schema], schema);
}

function sectionSchema(plugin: Plugin): JsonSchema {
  return plugin.schema === undefined ? { type: "object", additionalProperties: false } : jsonSchemaOf(plugin.schema);
}

/** Definitions of two plugins must not meet under one name. */
function prefixed(schema: JsonSchema, plugin: string): JsonSchema {
  const rename = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inside]) => {
        if (key === "$ref" && inside === "#") return [key, `#/properties/${plugin}`];
        if (key === "$ref") return [key, String(inside).replace("#/$defs/", `#/$defs/${plugin}.`)];
        if (key !== "$defs") return [key, rename(inside)];
        return [
          key,
          Object.fromEntries(Object.entries(inside).map(([name, one]) => [`${plugin}.${name}`, rename(one)])),
        ];
      }),
    );
  };
  return rename(schema) as JsonSchema;
}
