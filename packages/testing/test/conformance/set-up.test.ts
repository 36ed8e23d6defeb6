import { setTimeout as sleep } from "node:timers/promises";
import { createToken, defineComponent } from "@tenure/core";
import {
  ConformanceError,
  type ConformanceOptions,
  componentConformance,
  conformanceCases,
  runComponentConformance,
} from "@tenure/testing";
import { expect, test } from "vitest";

const component = defineComponent({ name: "a", create: () => ({}) });

test.each<[string, object, RegExp]>([
  ["no component", {}, /`component` must be a definition, or the name/],
  ["a class", { component: class {} }, /`component` must be/],
  ["a plugin that is no list", { component, plugins: {} }, /`plugins` must be an array/],
  ["terms in words", { component, terms: "many" }, /`terms` must be a number/],
  ["no terms", { component, terms: 0 }, /`terms` must be at least 1/],
  ["writes that are no function", { component, writes: 3 }, /`writes` must be a function/],
])("%s is one error, and no case begins", async (_, options, text) => {
  const given = options as ConformanceOptions;
  const error = await runComponentConformance(given).catch((problem: unknown) => problem);
  expect(error).toBeInstanceOf(ConformanceError);
  expect(error).toMatchObject({
    code: "TENURE_CONFORMANCE_SETUP",
    message: expect.stringMatching(text),
    remedy: expect.stringMatching(/./),
  });
  expect(() => componentConformance({ ...given, test })).toThrow(text);
});

test.each<[string, ConformanceOptions, RegExp]>([
  ["an unknown name", { component: "nobody", provide: [component] }, /"nobody" is not in the composition/],
  [
    "a need that is missing",
    { component: defineComponent({ name: "b", needs: { store: createToken("store") }, create: () => ({}) }) },
    /cannot be composed: .*needs "store", which nothing/,
  ],
])("%s is told once, and the other cases refer to it", async (_, options, text) => {
  const { results } = await runComponentConformance(options);
  expect(results.map(({ outcome }) => outcome)).toEqual(results.map(() => "failed"));
  const [first, ...others] = results.map(({ detail }) => detail);
  expect(first).toMatch(text);
  for (const detail of others) expect(detail).toMatch(/could not be set up → See the first case that failed\.$/);
});

test("many terms end early, and say so, when each of them takes long", async () => {
  const slow = defineComponent({ name: "slow", scope: "leader", create: () => ({ start: () => sleep(200) }) });
  const many = conformanceCases({ component: slow, terms: 1_000 }).find(({ name }) => name.startsWith("survives"));
  const begun = performance.now();
  expect(await many?.run()).toMatch(/^a term of it takes \d+ ms, so that 1000 would take \d+ s: stopped after 2; give/);
  expect(performance.now() - begun).toBeLessThan(5_000);
});
