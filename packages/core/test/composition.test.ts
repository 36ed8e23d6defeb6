import {
  CompositionError,
  createController,
  createToken,
  defineComponent,
  definePlugin,
  parseConfig,
  silentLogger,
} from "@tenure/core";
import { FakeLease } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Probes } from "./probe-component.ts";

async function problemsOf(options: Parameters<typeof createController>[0]) {
  try {
    await createController({ logger: silentLogger, ...options });
  } catch (error) {
    if (error instanceof CompositionError) return error.problems;
    throw error;
  }
  return [];
}

describe("composition", () => {
  test("names the whole path of a cycle", async () => {
    const token = createToken<object>("c");
    const a = defineComponent({ name: "a", needs: { token }, create: () => ({}) });
    const b = defineComponent({ name: "b", needs: { a }, create: () => ({}) });
    const c = defineComponent({ name: "c", needs: { b }, create: () => ({}) });
    const problems = await problemsOf({ components: [a, b, c] });
    expect(problems.map((problem) => problem.code)).toEqual(["TENURE_CYCLE"]);
    expect(problems[0]?.message).toMatch(/a → c → b → a|c → b → a → c|b → a → c → b/);
  });

  test("reports every mistake at once and constructs nothing", async () => {
    const probes = new Probes();
    const missing = createToken<object>("nowhere");
    const problems = await problemsOf({
      leases: [new FakeLease().definition, new FakeLease({ name: "other" }).definition],
      components: [
        probes.define("twice"),
        probes.define("twice"),
        probes.define("x", { scope: "no-such-lease" }),
        probes.define("process one", { scope: "process" }),
        defineComponent({ name: "m", needs: { missing }, create: () => ({}) }),
        probes.define("crosses", { scope: "other", needs: [probes.define("twice")] }),
      ],
    });
    expect(problems.map((problem) => problem.code).sort()).toEqual([
      "TENURE_BAD_NAME",
      "TENURE_DUPLICATE_NAME",
      "TENURE_MISSING_PROVIDER",
      "TENURE_SCOPE_CROSSED",
      "TENURE_UNKNOWN_SCOPE",
    ]);
    for (const problem of problems) expect(problem.remedy).not.toBe("");
    expect(probes.lives.size).toBe(0);
  });

  test("refuses a chain of stops that is longer than the lease allows, and shows it", async () => {
    const probes = new Probes();
    const a = probes.define("a", { stopTimeout: 6_000 });
    const b = probes.define("b", { needs: [a], stopTimeout: 5_000 });
    const problems = await problemsOf({ leases: [new FakeLease().definition], components: [a, b, probes.define("c")] });
    expect(problems[0]?.code).toBe("TENURE_STOP_CHAIN_TOO_LONG");
    expect(problems[0]?.message).toContain("b (5000 ms) → a (6000 ms)");
  });

  test("names plugin, key and line of a wrong configuration", async () => {
    const plugin = definePlugin({
      name: "dns",
      config: z.object({ replicas: z.number().int().positive(), domain: z.string().default("cluster.local") }),
      contribute: () => ({}),
    });
    const config = parseConfig("dns:\n  replicas: many\nunknown:\n  a: 1\n", "tenure.yaml");
    const problems = await problemsOf({ plugins: [plugin()], config });
    expect(problems.map((problem) => problem.message)).toEqual([
      'tenure.yaml:3: no plugin is called "unknown"',
      expect.stringMatching(/^tenure\.yaml:2: dns\.replicas: .*expected number/),
    ]);
  });

  test("adds what a plugin uses once, and prefers the one that the composition has", async () => {
    const base = definePlugin({
      name: "base",
      config: z.object({ size: z.number().default(1) }),
      contribute: ({ size }) => ({ components: [defineComponent({ name: `base-${size}`, create: () => ({}) })] }),
    });
    const left = definePlugin({ name: "left", uses: [base()], contribute: () => ({}) });
    const right = definePlugin({ name: "right", uses: [base()], contribute: () => ({}) });
    const controller = await createController({ logger: silentLogger, plugins: [left(), right(), base({ size: 2 })] });
    const snapshot = controller.snapshot();
    expect(snapshot.components.map((component) => component.name)).toEqual(["base-2"]);
    expect(snapshot.plugins).toEqual(["base", "left", "right"]);
  });

  test("checks a ladder of 200 levels with full edges in linear time", async () => {
    const probes = new Probes();
    const levels: ReturnType<typeof probes.define>[][] = [];
    for (let level = 0; level < 200; level++) {
      const needs = levels.at(-1) ?? [];
      levels.push([0, 1].map((side) => probes.define(`n${level}-${side}`, { scope: "process", needs })));
    }
    expect(await problemsOf({ components: levels.flat() })).toEqual([]);
  });
});
