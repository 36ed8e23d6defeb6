import { describe, expect, test } from "vitest";
import type { ComponentOptions } from "../../src/component/options.ts";
import { everyGraph } from "./every-graph.ts";
import { explore } from "./explore.ts";
import type { WorldGraph } from "./world-graph.ts";

const policies: Readonly<Record<string, { readonly options: ComponentOptions; readonly checksHealth?: boolean }>> = {
  "restarted on failure": { options: {} },
  "restarted at once": { options: { restart: { backoff: { base: 0 } } } },
  "restarted always": { options: { restart: { mode: "always" } } },
  "never restarted": { options: { restart: { mode: "never" } } },
  "never restarted, yields": { options: { restart: { mode: "never" }, onFailure: "yield" } },
  "never restarted, ends the process": { options: { restart: { mode: "never" }, onFailure: "exit" } },
  "critical, restarted once": { options: { critical: true, restart: { intensity: { restarts: 1, within: 1_000 } } } },
  "checks its health": { options: { health: { threshold: 2 } }, checksHealth: true },
};

function withPolicies(graph: WorldGraph, names: readonly string[]): WorldGraph {
  return {
    ...graph,
    components: graph.components.map((component, index) => ({ ...component, ...policies[names[index]!] })),
  };
}

describe("every policy beside every other one, explored to the end", () => {
  test("alone", () => {
    for (const graph of everyGraph(1)) for (const name of Object.keys(policies)) explore(withPolicies(graph, [name]));
  });

  test.each(Object.keys(policies))("%s", { timeout: 600_000 }, (first) => {
    let states = 0;
    for (const graph of everyGraph(2)) {
      for (const second of Object.keys(policies)) states += explore(withPolicies(graph, [first, second])).states;
    }
    console.log(`${first}: ${states} states`);
    expect(states).toBeGreaterThan(10_000);
  });
});
