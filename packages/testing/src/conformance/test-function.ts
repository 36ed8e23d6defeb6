/** The `test` of vitest, jest or node:test, as far as it is used here. */
export type TestFunction = (name: string, body: (...context: unknown[]) => Promise<void>, timeout: number) => unknown;

/** Whether what a runner hands to a test can skip it. */
export function canSkip(context: unknown): context is { skip(reason: string): unknown } {
  // That of vitest is a function with properties.
  const isThing = (typeof context === "object" && context !== null) || typeof context === "function";
  return isThing && "skip" in context && typeof context.skip === "function";
}
