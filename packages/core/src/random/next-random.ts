/**
 * The next number of a seeded sequence, from 0 up to 1, without it: the same seed gives the same sequence. For jitter and for tests, never for secrets.
 * Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough to spread retries.
 *
 * @param holder keeps the state of the sequence, so that a state machine that holds it replays; `seed` is changed in place
 */
export function nextRandom(holder: { seed: number }): number {
  holder.seed = (holder.seed + 0x6d2b79f5) >>> 0;
  let mixed = holder.seed;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
