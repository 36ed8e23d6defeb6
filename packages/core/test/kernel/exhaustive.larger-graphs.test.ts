import { describe, expect, test } from "vitest";
import { explore } from "./explore.ts";
import { graphsOfFive, graphsOfFour } from "./graph-shapes.ts";

describe("telling graphs of four and five, explored to the end", () => {
  test.each(Object.entries(graphsOfFour))("four: %s", { timeout: 600_000 }, (name, graph) => {
    const { states } = explore(graph, { stale: false });
    console.log(`four, ${name}: ${states} states`);
    expect(states).toBeGreaterThan(100_000);
  });

  test.each(Object.entries(graphsOfFive))("five: %s", { timeout: 600_000 }, (name, { graph, without }) => {
    const { states } = explore(graph, { stale: false, without });
    console.log(`five, ${name}: ${states} states`);
    expect(states).toBeGreaterThan(30_000);
  });
});
