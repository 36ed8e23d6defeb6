/** Numbers from 0 up to 1, without it: the same from the same seed. The generator of Numerical Recipes, whose upper bits are good enough for choices. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
