/** What every call of a dependency that fails throws. */
export class NeedFailed extends Error {
  constructor(path: string) {
    super(`the conformance suite lets ${path}() fail`);
    this.name = "NeedFailed";
  }
}

/** Looks like `value`, and every function in it throws when it is called. */
export function failing<T>(value: T, path: string): T {
  if (typeof value === "function") {
    return new Proxy(value, {
      apply() {
        throw new NeedFailed(path);
      },
    });
  }
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const found: unknown = Reflect.get(target, key, target);
      return typeof key === "symbol" ? found : failing(found, `${path}.${key}`);
    },
  });
}
