import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks until the answer is not undefined; for what is only visible from outside, by asking.
 *
 * @param what for the error, which also carries the last thing that `ask` threw.
 * @param within in ms.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  options: { readonly within: number; readonly every?: number } = { within: 30_000 },
): Promise<T> {
  const end = performance.now() + options.within;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= end) throw new Error(`${what}: not within ${options.within} ms`, { cause: last });
    await sleep(options.every ?? 20);
  }
}
