import type { Clock } from "@tenure/core";

/** For a probe: its start takes so many ms of the clock. */
export function takes(clock: Clock, duration: number): { readonly start: () => Promise<void> } {
  return { start: () => new Promise((resolve) => void clock.setTimer(duration, () => resolve())) };
}
