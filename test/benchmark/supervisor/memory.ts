/**
 * Bytes of the heap that are in use after a collection. Wants `--expose-gc`. Waits between collections: what a settled promise or a
 * cancelled timer holds is free only some turns later.
 */
export async function heapUsed(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("the heap can only be measured with --expose-gc");
  for (let turn = 0; turn < 4; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

/** How much more is in use once `make` has made what is to be measured. Code and caches that a first life leaves behind are not counted. */
export async function heapOf<T>(make: () => Promise<T>, end: (made: T) => Promise<unknown>): Promise<number> {
  for (let life = 0; life < 5; life++) await end(await make());
  const before = await heapUsed();
  const made = await make();
  const bytes = (await heapUsed()) - before;
  await end(made);
  return bytes;
}
