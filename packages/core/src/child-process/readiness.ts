import type { Clock } from "../clock/clock.ts";
import { elapsed } from "./elapsed.ts";
import type { Output } from "./output.ts";
import { askInTime, type Probe } from "./probe.ts";

/** When a process counts as started: as soon as it runs, when a probe says yes, or when a line of its output matches. */
export type Readiness = "at-once" | Probe | { readonly output: RegExp };

/** Between two attempts of a probe, in ms: what depends on it waits no longer than this for nothing. */
const probeInterval = 50;

/** @returns true when it is ready, false when `signal` aborts before. Never rejects. */
export async function untilReady(
  ready: Readiness,
  output: Output,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  if (ready === "at-once") return true;
  if ("output" in ready) return untilLine(ready.output, output, signal);
  while (!signal.aborted) {
    if ((await askInTime(ready, clock, signal)).ok) return true;
    await elapsed(clock, probeInterval, signal);
  }
  return false;
}

function untilLine(pattern: RegExp, output: Output, signal: AbortSignal): Promise<boolean> {
  // With the flag g, the one that was given remembers where it matched in an earlier process.
  const fresh = new RegExp(pattern);
  return new Promise((resolve) => {
    const end = (ready: boolean) => {
      unsubscribe();
      signal.removeEventListener("abort", abort);
      resolve(ready);
    };
    const abort = () => end(false);
    const unsubscribe = output.onLine(({ text }) => {
      if (fresh.test(text)) end(true);
    });
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  });
}
