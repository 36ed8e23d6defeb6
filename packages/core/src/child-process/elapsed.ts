import type { Clock, Timer } from "../clock/clock.ts";

/** Resolves after `duration` ms, or as soon as `signal` aborts. Leaves neither timer nor listener. */
export function elapsed(clock: Clock, duration: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    let timer: Timer;
    const end = () => {
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    timer = clock.setTimer(duration, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}
