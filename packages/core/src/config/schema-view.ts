import type { JsonSchema } from "./json-schema.ts";

/** What may stand at one place of a configuration: several schemas, where there are alternatives. */
export class SchemaView {
  readonly #root: JsonSchema;
  /** Without references, alternatives and intersections. */
  readonly #plain: readonly JsonSchema[];

  /** @param root where the definitions are that references lead to. */
  constructor(schemas: readonly (JsonSchema | boolean)[], root: JsonSchema) {
    this.#root = root;
    this.#plain = schemas.flatMap((schema) => this.#flatten(schema, 0));
  }

  /** Anything may stand here. */
  get isAnything(): boolean {
    return this.#plain.some((schema) => this.typesOf(schema).length === 0);
  }

  get types(): ReadonlySet<string> {
    return new Set(this.#plain.flatMap((schema) => this.typesOf(schema)));
  }

  /** Known keys of a mapping here. */
  get keys(): readonly string[] {
    return [...new Set(this.#plain.flatMap((schema) => Object.keys(schema.properties ?? {})))];
  }

  /** A mapping here may have keys that are not known. */
  get isOpen(): boolean {
    if (this.isAnything) return true;
    return this.#plain.some(
      (schema) => this.typesOf(schema).includes("object") && schema.additionalProperties !== false,
    );
  }

  /** @returns undefined when nothing is known of that key. */
  at(key: string | number): SchemaView | undefined {
    const below: (JsonSchema | boolean)[] = [];
    for (const schema of this.#plain) {
      const inside =
        typeof key === "number"
          ? (schema.prefixItems?.[key] ?? schema.items)
          : Object.hasOwn(schema.properties ?? {}, key)
            ? schema.properties?.[key]
            : schema.additionalProperties;
      if (inside !== undefined && inside !== false) below.push(inside);
    }
    return below.length === 0 ? undefined : new SchemaView(below, this.#root);
  }

  typesOf(schema: JsonSchema): readonly string[] {
    if (schema.type !== undefined) return typeof schema.type === "string" ? [schema.type] : schema.type;
    if (schema.properties !== undefined) return ["object"];
    const constants = schema.enum ?? ("const" in schema ? [schema.const] : []);
    return [...new Set(constants.map((value) => (value === null ? "null" : typeof value)))];
  }

  #flatten(schema: JsonSchema | boolean, depth: number): readonly JsonSchema[] {
    if (typeof schema === "boolean") return schema ? [{}] : [];
    if (depth > 16) return [{}];
    if (schema.$ref !== undefined) {
      const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref)?.[1];
      const target = schema.$ref === "#" ? this.#root : this.#root.$defs?.[name ?? ""];
      return this.#flatten(target ?? {}, depth + 1);
    }
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives !== undefined) return alternatives.flatMap((one) => this.#flatten(one, depth + 1));
    if (schema.allOf === undefined) return [schema];
    const sides = schema.allOf.flatMap((side) => this.#flatten(side, depth + 1));
    const properties = Object.fromEntries(sides.flatMap((side) => Object.entries(side.properties ?? {})));
    return [{ type: "object", properties, additionalProperties: schema.unevaluatedProperties !== false }];
  }
}
