import { describe, expect, test } from "vitest";
import { everyGraph } from "./every-graph.ts";
import { explore } from "./explore.ts";

/**
 * Terms, failures, hangs and restarts are not bounded: the states of a graph are finite in number without that (see `keyOf`). Every
 * invariant is checked in every state, and that from every state everything settles when the environment does what it must.
 */
describe("every dependency graph, explored to the end", () => {
  test.each([
    [1, 3],
    [2, 17],
    [3, 309],
  ])("of %i, with up to two leases", { timeout: 900_000 }, (size, count) => {
    const graphs = everyGraph(size);
    expect(graphs).toHaveLength(count);
    let states = 0;
    let transitions = 0;
    for (const graph of graphs) {
      // Late events are tried in every state of the smaller ones.
      const found = explore(graph, { stale: size < 3 });
      states += found.states;
      transitions += found.transitions;
    }
    console.log(`${size} components: ${graphs.length} graphs, ${states} states, ${transitions} transitions`);
    expect(states).toBeGreaterThan(80 * graphs.length);
  });
});
