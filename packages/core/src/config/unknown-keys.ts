import { isMapping } from "./merge-values.ts";
import type { SchemaView } from "./schema-view.ts";

export interface UnknownKey {
  readonly path: readonly (string | number)[];
  /** The keys that are known at that place. */
  readonly known: readonly string[];
}

/** Keys that no alternative of the schema knows. What is of a wrong type is left to the schema itself. */
export function unknownKeys(
  value: unknown,
  schema: SchemaView,
  path: readonly (string | number)[] = [],
): readonly UnknownKey[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const below = schema.at(index);
      return below === undefined ? [] : unknownKeys(item, below, [...path, index]);
    });
  }
  if (!isMapping(value) || (!schema.isAnything && !schema.types.has("object"))) return [];
  const known = schema.keys;
  return Object.entries(value).flatMap(([key, inside]) => {
    const below = schema.at(key);
    if (below !== undefined) return unknownKeys(inside, below, [...path, key]);
    return schema.isOpen ? [] : [{ path: [...path, key], known }];
  });
}
