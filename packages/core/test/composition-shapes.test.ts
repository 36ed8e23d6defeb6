import {
  CompositionError,
  createController,
  createToken,
  defineComponent,
  defineLease,
  definePlugin,
  type Plugin,
} from "@tenure/core";
import { FakeLease } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { problemsOf, textsOf } from "./composition-problems.ts";

// What authors without a compiler hand over.
const anything = (value: unknown) => value as never;
const dns = definePlugin({ name: "dns", contribute: () => ({}) });
const nothing = (name: string) => ({ name, contribute: () => ({}) });

describe("what is no plugin", () => {
  test.each([
    [anything(dns), "plugins[0] is a function, not a plugin"],
    [anything(undefined), "plugins[0] is undefined, not a plugin"],
    [anything(Promise.resolve(dns())), "plugins[0] is a promise, not a plugin"],
    [anything({ name: "dns" }), "plugins[0] is an object, not a plugin"],
    [definePlugin(anything({ name: "dns" }))(), 'plugin "dns": contribute is undefined, not a function'],
    [dns(anything("hello")), 'plugin "dns" was given "hello" instead of an object of options'],
    [
      definePlugin(anything({ ...nothing("dns"), config: { a: "string" } }))(),
      'plugin "dns": config is no schema of zod 4',
    ],
    [definePlugin(anything({ ...nothing("dns"), uses: [dns] }))(), 'plugin "dns": uses[0] is a function, not a plugin'],
    [definePlugin(anything({ ...nothing("dns"), uses: dns() }))(), 'plugin "dns": uses is an object, not an array'],
  ])("%# is refused", async (plugin: Plugin, message) => {
    const [text, ...others] = await textsOf({ plugins: [plugin] });
    expect(others).toEqual([]);
    expect(text).toBe(`TENURE_BAD_SHAPE: ${message}`);
  });

  test("a plugin without a name, or with one that no key can have", async () => {
    expect(await textsOf({ plugins: [definePlugin(anything({ contribute: () => ({}) }))()] })).toEqual([
      "TENURE_BAD_NAME: plugins[0] has no name: it is undefined",
    ]);
    expect(await textsOf({ plugins: [definePlugin(nothing("a b"))()] })).toEqual([
      'TENURE_BAD_NAME: a plugin is called "a b"',
    ]);
    expect(await problemsOf({ plugins: anything(dns()) })).toMatchObject([{ code: "TENURE_BAD_SHAPE" }]);
  });
});

describe("what a plugin contributes", () => {
  test.each([
    [() => undefined, 'TENURE_BAD_SHAPE: what contribute of plugin "p" returns is undefined, not an object'],
    [() => [], 'TENURE_BAD_SHAPE: what contribute of plugin "p" returns is an array, not an object'],
    [async () => ({}), 'TENURE_BAD_SHAPE: what contribute of plugin "p" returns is a promise'],
    [() => ({ component: [] }), 'did you mean "components"?'],
    [() => ({ components: {} }), 'TENURE_BAD_SHAPE: plugin "p": components is an object, not a component'],
    [() => ({ components: [null] }), 'TENURE_BAD_SHAPE: plugin "p": components[0] is null, not a component'],
    [
      () => ({ components: [class Dns {}] }),
      'TENURE_BAD_SHAPE: plugin "p": components[0] is the function Dns, not a component',
    ],
    [() => ({ leases: [{ name: "leader" }] }), 'TENURE_BAD_SHAPE: plugin "p": leases[0] is an object, not a lease'],
    [
      () => {
        throw new Error("boom");
      },
      'TENURE_PLUGIN_FAILED: plugin "p" failed to describe its components: boom',
    ],
    [
      () => ({ components: [defineComponent(anything({ create: () => ({}) }))] }),
      'TENURE_BAD_NAME: component "undefined" of plugin "p" has no name',
    ],
  ])("%# is refused", async (contribute, message) => {
    const texts = await textsOf({ plugins: [definePlugin(anything({ name: "p", contribute }))()] });
    expect(texts).toHaveLength(1);
    expect(texts[0]).toContain(message);
  });

  test("a rejection of a contribution that must not wait is nobody's unhandled one", async () => {
    const contribute = () => Promise.reject(new Error("boom"));
    expect(await problemsOf({ plugins: [definePlugin(anything({ name: "p", contribute }))()] })).toHaveLength(1);
  });

  test("a plugin that cannot describe itself is not also missed by those who need what it provides", async () => {
    const token = createToken<object>("dns.service");
    const provider = definePlugin({
      name: "dns",
      config: z.object({ domain: z.string() }),
      contribute: () => ({ components: [defineComponent({ name: "dns", provides: token, create: () => ({}) })] }),
    });
    const user = defineComponent({ name: "user", scope: "of-that-plugin", needs: { token }, create: () => ({}) });
    const texts = await textsOf({ plugins: [provider()], components: [user] });
    expect(texts).toEqual([
      'TENURE_CONFIG_INVALID: plugin "dns": dns.domain: Invalid input: expected string, received undefined',
    ]);
  });
});

describe("what is listed beside plugins", () => {
  test("must be components and leases", async () => {
    expect(
      await textsOf({
        components: anything([class Dns {}, undefined, new FakeLease().definition]),
        leases: anything([defineComponent({ name: "a", create: () => ({}) })]),
      }),
    ).toEqual([
      "TENURE_BAD_SHAPE: components[0] is the function Dns, not a component",
      "TENURE_BAD_SHAPE: components[1] is undefined, not a component",
      "TENURE_BAD_SHAPE: components[2] is an object, not a component",
      "TENURE_BAD_SHAPE: leases[0] is an object, not a lease",
    ]);
  });

  test.each([[Promise.resolve({})], ["tenure.yaml"], [[]]])(
    "a configuration must be a mapping (%#)",
    async (config) => {
      expect(await problemsOf({ config: anything(config) })).toMatchObject([{ code: "TENURE_BAD_SHAPE" }]);
    },
  );
});

describe("a call without what it is to be given", () => {
  const refused = [undefined, null, "dns", [], Promise.resolve({})];

  test.each([
    ["defineComponent", defineComponent],
    ["defineLease", defineLease],
    ["definePlugin", definePlugin],
    ["createController", createController],
  ])("of %s is refused where it is made, and says how it is called", async (name, make) => {
    const call = async (given: unknown) => (make as (given: unknown) => unknown)(given);
    for (const given of refused) {
      const error = await call(given).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(CompositionError);
      expect(error).toMatchObject({
        code: "TENURE_BAD_SHAPE",
        message: expect.stringContaining(`Call it as ${name}({ `),
      });
    }
    await expect(call(refused[0])).rejects.toThrow(`${name} was given undefined, not an object`);
    await expect(call(refused[4])).rejects.toThrow(`${name} was given a promise, not an object`);
  });
});
