/** Lays one configuration over another: mappings key by key, anything else whole. Neither is changed. */
export function mergeValues(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isMapping(below) || !isMapping(above)) return above;
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) merged.set(key, mergeValues(merged.get(key), value));
  return Object.fromEntries(merged);
}

/** @returns `values` with another value at `path`; what stands in the way and is no mapping gives way. */
export function withValueAt(values: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const entries = new Map(isMapping(values) ? Object.entries(values) : []);
  entries.set(key, withValueAt(entries.get(key), rest, value));
  return Object.fromEntries(entries);
}

/** What YAML calls a mapping: not an instance of a class, which code may hand over as an option. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
