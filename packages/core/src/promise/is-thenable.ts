/** Something to wait for, of whatever library. What else a function returns, as the length that `push` gives, is nobody's business. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
