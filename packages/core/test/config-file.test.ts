import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ConfigError,
  configJsonSchema,
  createController,
  definePlugin,
  describeError,
  loadConfig,
  parseConfig,
  silentLogger,
} from "@tenure/core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { problemsOf } from "./composition-problems.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tenure-config-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(directory, `${Math.random()}.yaml`);
  await writeFile(path, content);
  return path;
}

function refused(text: string): string {
  try {
    parseConfig(text, "f.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return describeError(error);
    throw error;
  }
  return "taken";
}

const dns = definePlugin({
  name: "dns",
  config: z.object({
    replicas: z.number().int().positive().default(2),
    upstream: z.object({ servers: z.array(z.object({ host: z.string(), port: z.number().default(53) })) }).optional(),
    labels: z.record(z.string(), z.string()).default({}),
    mode: z.union([z.object({ kind: z.literal("a"), a: z.number() }), z.object({ kind: z.literal("b") })]).optional(),
  }),
  contribute: () => ({}),
});

async function mistakes(text: string) {
  const problems = await problemsOf({ plugins: [dns()], config: parseConfig(text, "f.yaml") });
  return problems.map(({ code, message }) => `${code}: ${message}`);
}

describe("the configuration file", () => {
  test.each([
    ["", {}],
    ["# only a comment\n", {}],
    ["---\n", {}],
    ["\uFEFFdns:\n  replicas: 1\n", { dns: { replicas: 1 } }],
    ['{"dns": {"replicas": 1}}', { dns: { replicas: 1 } }],
    ["a: &x {b: 1}\nc: *x\n", { a: { b: 1 }, c: { b: 1 } }],
    ["1: {a: b}\n", { "1": { a: "b" } }],
  ])("%j is read", (text, values) => {
    expect(parseConfig(text, "f.yaml").values).toEqual(values);
  });

  test.each([
    ["- a\n", /^TENURE_CONFIG_SYNTAX: f\.yaml:1:1: the configuration is not a mapping/],
    ["hello\n", /f\.yaml:1:1: the configuration is not a mapping/],
    ["dns:\n  a: 1\n  a: 2\n", /f\.yaml:3:3: Map keys must be unique/],
    ["dns: 1\ndns: 2\nlease: 1\nlease: 2\n", /f\.yaml:2:1: .*\nf\.yaml:4:1: /],
    ["a: 1\n---\nb: 2\n", /f\.yaml:2:1: a second document begins: a configuration is one/],
    ["a: [1\n", /TENURE_CONFIG_SYNTAX: f\.yaml:\d+:\d+: /],
    ["a: !secret b\n", /f\.yaml:1:4: Unresolved tag: !secret/],
    ["a: *nobody\n", /TENURE_CONFIG_SYNTAX: .*nobody/],
  ])("%j is refused with its place", (text, message) => {
    expect(refused(text)).toMatch(message);
  });

  test("aliases that explode are refused before they do", () => {
    let text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (let level = 1; level < 20; level++) {
      text += `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(", ")}]\n`;
    }
    expect(refused(text)).toMatch(/TENURE_CONFIG_SYNTAX: f\.yaml: Excessive alias count/);
  });

  test("is UTF-8, and there", async () => {
    await expect(loadConfig(await file(new Uint8Array([0x61, 0x3a, 0xff])))).rejects.toThrow(/is not UTF-8/);
    await expect(loadConfig(join(directory, "nowhere"))).rejects.toMatchObject({ code: "TENURE_CONFIG_UNREADABLE" });
    await expect(loadConfig(directory, { optional: true })).rejects.toMatchObject({ code: "TENURE_CONFIG_UNREADABLE" });
    const config = await loadConfig(join(directory, "nowhere"), { optional: true, env: {} });
    expect(config.values).toEqual({});
  });

  test("tells the line of every mistake, however deep, with what was probably meant", async () => {
    const text = [
      "$schema: ./schema.json",
      "dns:",
      "  replica: 3",
      "  labels: { app: 5 }",
      "  upstream:",
      "    servers:",
      "      - host: a",
      "      - hots: b",
      "        port: x",
      "  mode: { kind: a, a: no number, c: 1 }",
      "dsn: {}",
    ].join("\n");
    expect(await mistakes(text)).toEqual([
      'TENURE_CONFIG_UNKNOWN_KEY: f.yaml:11: no plugin is called "dsn"; did you mean "dns"?',
      'TENURE_CONFIG_UNKNOWN_KEY: f.yaml:3: dns.replica: there is no such option; did you mean "replicas"?',
      'TENURE_CONFIG_UNKNOWN_KEY: f.yaml:8: dns.upstream.servers.1.hots: there is no such option; did you mean "host"?',
      "TENURE_CONFIG_UNKNOWN_KEY: f.yaml:10: dns.mode.c: there is no such option",
      "TENURE_CONFIG_INVALID: f.yaml:8: dns.upstream.servers.1.host: Invalid input: expected string, received undefined",
      "TENURE_CONFIG_INVALID: f.yaml:9: dns.upstream.servers.1.port: Invalid input: expected number, received string",
      "TENURE_CONFIG_INVALID: f.yaml:4: dns.labels.app: Invalid input: expected string, received number",
      "TENURE_CONFIG_INVALID: f.yaml:10: dns.mode.a: Invalid input: expected number, received string",
    ]);
  });

  test("a section may be empty, but not something else", async () => {
    expect(await mistakes("dns:\n")).toEqual([]);
    expect(await mistakes("dns: 5\n")).toEqual([
      'TENURE_CONFIG_INVALID: f.yaml:1: the section of plugin "dns" is not a mapping',
    ]);
  });

  test("lies over what was given in code, mapping by mapping, and mistakes are told where they were made", async () => {
    let seen: unknown;
    const plugin = definePlugin({
      name: "p",
      config: z.object({ tls: z.object({ cert: z.string(), key: z.string() }), list: z.array(z.number()) }),
      contribute: (config) => {
        seen = config;
        return {};
      },
    });
    const code = { tls: { cert: "code", key: "code" }, list: [1, 2] };
    const config = parseConfig("p: {tls: {key: file}, list: [3]}", "f.yaml");
    await createController({ logger: silentLogger, plugins: [plugin(code)], config });
    expect(seen).toEqual({ tls: { cert: "code", key: "file" }, list: [3] });
    const problems = await problemsOf({
      plugins: [plugin({ list: [] as number[], tls: 5 as never })],
      config: parseConfig("p:\n  list: x", "f.yaml"),
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'plugin "p": p.tls: Invalid input: expected object, received number',
      "f.yaml:2: p.list: Invalid input: expected array, received string",
    ]);
  });

  test("a schema that throws or waits is the plugin's mistake", async () => {
    const make = (config: z.ZodType) => definePlugin({ name: "p", config, contribute: () => ({}) })();
    const throwing = z.object({}).transform(() => {
      throw new Error("boom");
    });
    const waiting = z.object({}).refine(async () => true);
    for (const schema of [throwing, waiting]) {
      expect(await problemsOf({ plugins: [make(schema)] })).toMatchObject([{ code: "TENURE_PLUGIN_FAILED" }]);
    }
  });

  test("only a schema that says so takes keys that it does not know", async () => {
    const loose = definePlugin({
      name: "p",
      config: z.looseObject({ a: z.intersection(z.object({ b: z.number() }), z.object({ c: z.number() })).optional() }),
      contribute: () => ({}),
    });
    const problems = await problemsOf({ plugins: [loose({ x: 1, a: { b: 1, c: 2, d: 3 } } as never)] });
    expect(problems.map(({ message }) => message)).toEqual(['plugin "p": p.a.d: there is no such option']);
    const mixed = definePlugin({
      name: "m",
      config: z.intersection(
        z.object({ b: z.number() }),
        z.union([z.object({ k: z.string() }), z.object({ j: z.string() })]),
      ),
      contribute: () => ({}),
    });
    expect(await problemsOf({ plugins: [mixed({ b: 1, k: "x" } as never)] })).toEqual([]);
    expect((await problemsOf({ plugins: [mixed({ b: 1, k: "x", d: 1 } as never)] })).map((one) => one.code)).toEqual([
      "TENURE_CONFIG_UNKNOWN_KEY",
    ]);
    const section = configJsonSchema([mixed()]).properties?.m;
    const valid = new Ajv2020({ strict: false }).compile(section ?? {});
    expect([valid({ b: 1, k: "x" }), valid({ b: 1, j: "x" }), valid({ b: 1, k: "x", d: 1 }), valid({ b: 1 })]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const plain = definePlugin({ name: "q", contribute: () => ({}) });
    expect(await problemsOf({ plugins: [plain({ a: 1 } as never)] })).toMatchObject([
      { code: "TENURE_CONFIG_UNKNOWN_KEY", remedy: "Remove it: the plugin takes no configuration." },
    ]);
  });
});
