import { describe, expect, test } from "vitest";
import { lossKinds } from "./loss.ts";
import { patience, playCycles } from "./play-cycles.ts";

const leaseDuration = 1_000;

describe("a lease of a second is lost and regained, without two that work at once", () => {
  test.each([
    [2, 11],
    [5, 9],
  ])("by %i candidates, %i times", async (candidates, cycles) => {
    const figures = await playCycles({ candidates, cycles, leaseDuration, seed: 20 * candidates, say: () => {} });
    expect(figures).toHaveLength(cycles);
    expect(new Set(figures.map(({ kind }) => kind))).toEqual(new Set(lossKinds));
    for (const { toWorksAgain } of figures) expect(toWorksAgain).toBeLessThan(patience(leaseDuration));
  });
});
