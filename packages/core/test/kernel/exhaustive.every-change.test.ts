import { describe, expect, test } from "vitest";
import { everyGraph } from "./every-graph.ts";
import { explore } from "./explore.ts";

describe("every dependency graph in which any component or lease may be made anew at any time, explored to the end", () => {
  test.each([1, 2])("of %i, with up to two leases", { timeout: 900_000 }, (size) => {
    let states = 0;
    let transitions = 0;
    const graphs = everyGraph(size);
    for (const graph of graphs) {
      const found = explore(graph, { changesInPlace: true });
      states += found.states;
      transitions += found.transitions;
    }
    console.log(
      `${size} components, with changes: ${graphs.length} graphs, ${states} states, ${transitions} transitions`,
    );
    expect(states).toBeGreaterThan(120 * graphs.length);
  });
});
