import { describe, expect, test } from "vitest";
import { lossKinds, planLosses } from "./loss.ts";

describe("the plan of losses", () => {
  test("is the same from the same seed, and another from another", () => {
    expect(planLosses(7, 20, 1_000)).toEqual(planLosses(7, 20, 1_000));
    expect(planLosses(8, 20, 1_000)).not.toEqual(planLosses(7, 20, 1_000));
  });

  test("has every kind equally often, and every direction of a black hole", () => {
    const losses = planLosses(1, 30 * lossKinds.length, 1_000);
    for (const kind of lossKinds) expect(losses.filter((loss) => loss.kind === kind)).toHaveLength(30);
    const directions = new Set(losses.map(({ direction }) => JSON.stringify(direction)));
    expect(directions.size).toBe(3);
    expect(directions).not.toContain(JSON.stringify({ toServer: false, toClient: false }));
  });
});
