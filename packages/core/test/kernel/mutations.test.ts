import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ComponentOptions } from "../../src/component/options.ts";
import { everyGraph } from "./every-graph.ts";
import { explore } from "./explore.ts";
import { type KernelUnderTest, kernel } from "./kernel-under-test.ts";
import { type Mutation, mutations } from "./mutations.ts";
import type { WorldGraph } from "./world-graph.ts";

const source = join(import.meta.dirname, "../../src");

/** Enough to find every one of them: all graphs of up to two components, some with another policy; those of one with changes as well. */
const graphs: readonly WorldGraph[] = [
  ...everyGraph(1),
  ...everyGraph(2),
  ...everyGraph(1).map((graph) => withOptions(graph, { critical: true })),
  ...everyGraph(2).map((graph) => withOptions(graph, { restart: { mode: "never" } })),
  ...everyGraph(2).map((graph) => withOptions(graph, { restart: { mode: "never" }, onFailure: "exit" })),
];

function withOptions(graph: WorldGraph, options: ComponentOptions): WorldGraph {
  return { ...graph, components: graph.components.map((component) => ({ ...component, options })) };
}

function exploreAll(under: KernelUnderTest): void {
  for (const graph of graphs) explore(graph, { kernel: under, most: 200_000 });
  for (const graph of everyGraph(1)) explore(graph, { kernel: under, most: 200_000, changesInPlace: true });
}

describe("a fault in the kernel is found by the exploration", () => {
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenure-mutations-"));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A copy of the sources with the fault in it. */
  async function withFault({ file, from, to }: Mutation, index: number): Promise<KernelUnderTest> {
    const copy = join(folder, String(index));
    await cp(source, copy, { recursive: true });
    const place = join(copy, "kernel", file);
    const text = await readFile(place, "utf8");
    expect(text).toContain(from);
    await writeFile(
      place,
      text.replace(from, () => to),
    );
    const load = (name: string) => import(/* @vite-ignore */ pathToFileURL(join(copy, "kernel", name)).href);
    return { step: (await load("step.ts")).step, buildState: (await load("build-state.ts")).buildState };
  }

  test("there is none in the kernel as it is", () => {
    exploreAll(kernel);
  });

  test.each(mutations.map((mutation, index) => ({ ...mutation, index })))("$name", async ({ index, ...mutation }) => {
    const faulty = await withFault(mutation, index);
    expect(() => exploreAll(faulty)).toThrow(/invariant|must not go|granted as|withdrawn while/);
  });
});
