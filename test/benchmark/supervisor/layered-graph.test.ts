import { describe, expect, test } from "vitest";
import { layeredGraph } from "./layered-graph.ts";

describe("the workload of the benchmark", () => {
  const nodes = layeredGraph({ layers: 20, width: 50, fanIn: 3 });
  const layerOf = new Map(nodes.map(({ name }, index) => [name, Math.floor(index / 50)]));

  test("has 1,000 nodes of different names", () => {
    expect(new Set(nodes.map(({ name }) => name)).size).toBe(1_000);
  });

  test("each node needs three different ones of the layer below, those of the first layer none", () => {
    for (const { name, needs } of nodes) {
      const layer = layerOf.get(name)!;
      expect(new Set(needs).size).toBe(layer === 0 ? 0 : 3);
      expect(needs.map((need) => layerOf.get(need))).toEqual(needs.map(() => layer - 1));
    }
  });

  test("every node but those of the last layer is needed by three", () => {
    const neededBy = new Map<string, number>();
    for (const need of nodes.flatMap(({ needs }) => needs)) neededBy.set(need, (neededBy.get(need) ?? 0) + 1);
    expect([...neededBy.values()]).toEqual(Array.from({ length: 950 }, () => 3));
  });

  test("the longest path has a node of every layer", () => {
    const depth = new Map<string, number>();
    for (const { name, needs } of nodes) depth.set(name, 1 + Math.max(0, ...needs.map((need) => depth.get(need)!)));
    expect(Math.max(...depth.values())).toBe(20);
  });

  test("a fan-in of the width is a ladder with full edges", () => {
    const ladder = layeredGraph({ layers: 200, width: 2, fanIn: 2 });
    expect(ladder).toHaveLength(400);
    expect(ladder.flatMap(({ needs }) => needs)).toHaveLength(199 * 4);
    expect([...ladder.at(-1)!.needs].sort()).toEqual(["n198-0", "n198-1"]);
  });
});
