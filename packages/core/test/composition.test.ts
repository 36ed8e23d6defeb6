import {
  createController,
  createToken,
  defineComponent,
  definePlugin,
  type Logger,
  parseConfig,
  silentLogger,
  type Token,
} from "@tenure/core";
import { FakeLease, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { problemsOf, textsOf } from "./composition-problems.ts";
import { Probes } from "./probe-component.ts";

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

  test("names every cycle that is left when the others are gone, and which edges are only an order", async () => {
    const tokens = ["a", "b", "c", "d", "e", "f"].map((name) => createToken<object>(name));
    const [a, b, c, d, e, f] = tokens;
    const one = (name: string, needs: object, after: Token<unknown>[] = []) =>
      defineComponent({ name, needs: needs as never, after, create: () => ({}) });
    const problems = await problemsOf({
      components: [
        one("a", { b }),
        one("b", { a, c }),
        one("c", { b }),
        one("d", { e }),
        one("e", {}, [d!]),
        one("f", { f }),
        one("g", { a, d, f }),
      ],
    });
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ["TENURE_CYCLE", "components need each other in a circle: a → b → a"],
      ["TENURE_CYCLE", "components need each other in a circle: b → c → b"],
      ["TENURE_CYCLE", "components need each other in a circle: d → e ⇢ d (⇢ is an `after`)"],
      ["TENURE_CYCLE", 'component "f" needs itself, or is to start after itself'],
    ]);
  });

  test("says which name was probably meant", async () => {
    const needs = { dns: createToken<object>("cluster-dsn") };
    const texts = await textsOf({
      leases: [new FakeLease().definition],
      components: [
        defineComponent({ name: "cluster-dns", create: () => ({}) }),
        defineComponent({ name: "user", scope: "laeder", needs, create: () => ({}) }),
        defineComponent({ name: "other", needs: { x: createToken<object>("quite-different") }, create: () => ({}) }),
      ],
    });
    expect(texts).toEqual([
      'TENURE_UNKNOWN_SCOPE: component "user" has scope "laeder", but there is no lease of that name; did you mean "leader"?',
      'TENURE_MISSING_PROVIDER: component "user" needs "cluster-dsn", which nothing in the composition provides; did you mean "cluster-dns"?',
      'TENURE_MISSING_PROVIDER: component "other" needs "quite-different", which nothing in the composition provides',
    ]);
  });

  test("a component that is needed by its definition must be listed as well", async () => {
    const probes = new Probes();
    const [problem] = await problemsOf({
      leases: [new FakeLease().definition],
      components: [probes.define("user", { needs: [probes.define("service")] })],
    });
    expect(problem?.remedy).toBe("List that component as well: naming it does not add it.");
  });

  test("names all who provide one token, by name or by token, and the plugins that brought them", async () => {
    const dns = createToken<object>("dns");
    const plugin = definePlugin({
      name: "p",
      contribute: () => ({ components: [defineComponent({ name: "a", provides: dns, create: () => ({}) })] }),
    });
    const texts = await textsOf({
      plugins: [plugin()],
      components: [
        defineComponent({ name: "b", provides: dns, create: () => ({}) }),
        defineComponent({ name: "dns", create: () => ({}) }),
      ],
    });
    expect(texts).toEqual([
      'TENURE_AMBIGUOUS_PROVIDER: "dns" is provided by component "a" of plugin "p" and by component "b" and by component "dns" by its name',
    ]);
  });

  test("names who brought two of one name, and what was listed twice", async () => {
    const make = (name: string) =>
      definePlugin({
        name,
        contribute: () => ({ components: [defineComponent({ name: "dns", create: () => ({}) })] }),
      });
    expect(await textsOf({ plugins: [make("p")(), make("q")()] })).toEqual([
      'TENURE_DUPLICATE_NAME: two components are called "dns": component "dns" of plugin "p" and component "dns" of plugin "q"',
    ]);
    const lease = new FakeLease().definition;
    expect(await textsOf({ leases: [lease, lease] })).toEqual([
      'TENURE_DUPLICATE_NAME: lease "leader" is listed twice',
    ]);
    const plugin = make("p");
    expect(await textsOf({ plugins: [plugin(), plugin()] })).toEqual([
      'TENURE_DUPLICATE_NAME: plugin "p" is listed twice',
    ]);
  });

  test("an order after the process is kept at the start, to another lease it is refused", async () => {
    const probes = new Probes();
    const texts = await textsOf({
      leases: [new FakeLease().definition, new FakeLease({ name: "other" }).definition],
      components: [
        probes.define("other-one", { scope: "other" }),
        probes.define("process-one", { scope: "process", after: [probes.define("other-one")] }),
        probes.define("leader-one", { after: [probes.define("other-one"), probes.define("process-one")] }),
      ],
    });
    expect(texts).toEqual([
      'TENURE_SCOPE_CROSSED: component "process-one" (scope "process") is to start after "other-one", which lives only within terms of lease "other"',
      'TENURE_SCOPE_CROSSED: component "leader-one" (scope "leader") is to start after "other-one", which lives only within terms of lease "other"',
    ]);
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const slow = probes.define("slow", { scope: "process", start: () => ready });
    await using t = await startTestController({ components: [slow, probes.define("later", { after: [slow] })] });
    await t.grant();
    expect(t.phaseOf("later")).toBe("waiting");
    resolve();
    await t.clock.advance(0);
    expect(t.phaseOf("later")).toBe("running");
    expect(probes.journal).toEqual(["start slow", "start later"]);
  });

  test("plugins that use each other in a circle are refused with the path", async () => {
    const a = definePlugin({
      name: "a",
      uses: [definePlugin({ name: "b", contribute: () => ({}) })()],
      contribute: () => ({}),
    });
    const b = definePlugin({ name: "b", uses: [a()], contribute: () => ({}) });
    expect(await textsOf({ plugins: [b()] })).toEqual([
      "TENURE_PLUGIN_CYCLE: plugins use each other in a circle: b → a → b",
    ]);
  });

  test("two plugins that use a third with different options leave the choice to the composition", async () => {
    const base = definePlugin({
      name: "base",
      config: z.object({ size: z.number().default(1) }),
      contribute: () => ({}),
    });
    const left = definePlugin({ name: "left", uses: [base({ size: 1 })], contribute: () => ({}) });
    const right = definePlugin({ name: "right", uses: [base({ size: 2 })], contribute: () => ({}) });
    expect(await textsOf({ plugins: [left(), right()] })).toEqual([
      'TENURE_DUPLICATE_NAME: plugins "left" and "right" use plugin "base" with different options',
    ]);
    expect(await problemsOf({ plugins: [left(), right(), base()] })).toEqual([]);
  });

  test("soft edges that lead nowhere are allowed, and told", async () => {
    const told: string[] = [];
    const logger: Logger = { ...silentLogger, info: (_, message) => told.push(message) };
    const provider = defineComponent({ name: "metrics", create: () => ({}) });
    const user = defineComponent({
      name: "user",
      wants: { metrics: createToken<object>("metrisc"), dns: createToken<object>("dns") },
      after: [createToken("elsewhere"), provider],
      create: () => ({}),
    });
    await createController({ logger, components: [provider, user] });
    expect(told).toEqual([
      'component "user" wants "metrisc", which nothing provides; did you mean "metrics"?',
      'component "user" wants "dns", which nothing provides',
      'component "user" is to start after "elsewhere", which nothing provides',
    ]);
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
