import { nextRandom } from "@tenure/core";

/** When bytes that came now are passed on. */
export interface BytePace {
  /** Bytes are passed on in pieces of this size at most. */
  readonly piece: number;
  /** The sender is held back, by TCP itself, while more bytes than this wait. */
  readonly room: number;
  /** When a piece that came at `now` is due, `last` being when the one before it was, or will be. Never before `last`: TCP keeps the order. In ms. */
  due(size: number, now: number, last: number): number;
}

const unlimited = { piece: Number.POSITIVE_INFINITY, room: 16 * 1024 * 1024 };

export const atOnce: BytePace = { ...unlimited, due: (_size, now, last) => Math.max(now, last) };

/** @param delay in ms. @param jitter in ms: up to this is added. */
export function delayed(delay: number, jitter: number, random: () => number): BytePace {
  return { ...unlimited, due: (_size, now, last) => Math.max(last, now + delay + jitter * random()) };
}

/** Pieces are of 50 ms, so that bytes trickle. @param rate in bytes per second. */
export function throttled(rate: number): BytePace {
  const piece = Math.max(1, Math.floor(rate / 20));
  return { piece, room: 2 * piece, due: (size, now, last) => Math.max(now, last) + (size / rate) * 1_000 };
}

/** Numbers from 0 to 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  const state = { seed };
  return () => nextRandom(state);
}
