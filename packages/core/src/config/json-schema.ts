import { z } from "zod";

/** The part of JSON Schema that zod writes and that is read here. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

const cache = new WeakMap<z.ZodType, JsonSchema>();

/**
 * What may be written for `schema`, as JSON Schema (2020-12). Objects are closed unless the schema says `looseObject` or `catchall`, since a
 * misspelt option must not be taken for one that was left out. What JSON Schema cannot say is open.
 */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  let json = cache.get(schema);
  if (json === undefined) {
    json = generate(schema);
    cache.set(schema, json);
  }
  return json;
}

function generate(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      if (def.type === "object" && def.catchall === undefined) jsonSchema.additionalProperties = false;
      // zod leaves it out where a transform follows, since a default is of the output; most are good for the input too.
      if (def.type === "default" && z.safeParse(zodSchema, def.defaultValue).success) {
        jsonSchema.default = toPlain(def.defaultValue);
      }
    },
  });
  return openIntersections(json as JsonSchema) as JsonSchema;
}

function toPlain(value: unknown): never {
  return (value === undefined ? undefined : JSON.parse(JSON.stringify(value))) as never;
}

/** All sides of an intersection see all keys: only together they are closed. */
function openIntersections(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(openIntersections);
  if (typeof schema !== "object" || schema === null) return schema;
  const result = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, openIntersections(value)]));
  if (!Array.isArray(result.allOf)) return result;
  const isClosed = result.allOf.every(closesKeys);
  return { ...result, allOf: result.allOf.map(opened), ...(isClosed ? { unevaluatedProperties: false } : {}) };
}

const combinations = ["anyOf", "oneOf", "allOf"] as const;

function closesKeys(schema: JsonSchema): boolean {
  if (schema.additionalProperties === false || schema.unevaluatedProperties === false) return true;
  const parts = combinations.flatMap((key) => schema[key] ?? []);
  return parts.length > 0 && parts.every(closesKeys);
}

function opened({ additionalProperties, unevaluatedProperties, ...schema }: JsonSchema): JsonSchema {
  const parts = combinations.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key].map(opened)]]));
  return {
    ...schema,
    ...Object.fromEntries(parts),
    ...(additionalProperties === undefined || additionalProperties === false ? {} : { additionalProperties }),
    ...(unevaluatedProperties === undefined || unevaluatedProperties === false ? {} : { unevaluatedProperties }),
  };
}
