import { createController, definePlugin, duration, loadConfig, silentLogger } from "@tenure/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { problemsOf } from "./composition-problems.ts";

let seen: Record<string, unknown> = {};

const plugin = definePlugin({
  name: "cluster-info",
  config: z.object({
    clusterName: z.string().default("none"),
    kubeAPIServer: z.string().optional(),
    replicas: z.number().default(1),
    enabled: z.boolean().default(true),
    every: duration.default(1_000),
    hosts: z.array(z.string()).default([]),
    maybe: z.string().nullable().optional(),
    tls: z.object({ certFile: z.string(), keyFile: z.string() }).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    mode: z.enum(["fast", "slow"]).optional(),
    anything: z.unknown().optional(),
    foo_bar: z.number().optional(),
    fooBar: z.number().optional(),
  }),
  contribute: (config) => {
    seen = config;
    return {};
  },
});

async function taken(env: Record<string, string>, prefix?: string) {
  const config = await loadConfig(undefined, { env, ...(prefix && { prefix }) });
  await createController({ logger: silentLogger, plugins: [plugin()], config });
  return seen;
}

async function mistakes(env: Record<string, string>) {
  const problems = await problemsOf({ plugins: [plugin()], config: await loadConfig(undefined, { env }) });
  return problems.map(({ code, message }) => `${code}: ${message}`);
}

describe("variables of the environment", () => {
  test.each([
    ["CLUSTER_NAME", "prod", { clusterName: "prod" }],
    // Text is text, whatever YAML would make of it.
    ["CLUSTER_NAME", "0123", { clusterName: "0123" }],
    ["CLUSTER_NAME", "true # no", { clusterName: "true # no" }],
    ["CLUSTER_NAME", '"q": [', { clusterName: '"q": [' }],
    ["CLUSTER_NAME", '"quoted"', { clusterName: '"quoted"' }],
    ["CLUSTER_NAME", "pass # word", { clusterName: "pass # word" }],
    ["CLUSTER_NAME", "", { clusterName: "" }],
    ["MODE", "slow", { mode: "slow" }],
    ["KUBE_API_SERVER", "https://a", { kubeAPIServer: "https://a" }],
    ["REPLICAS", "3", { replicas: 3 }],
    ["ENABLED", "false", { enabled: false }],
    ["EVERY", "15s", { every: 15_000 }],
    ["EVERY", "1500", { every: 1_500 }],
    ["HOSTS", "[a, b]", { hosts: ["a", "b"] }],
    ["HOSTS", '["a", "b"]', { hosts: ["a", "b"] }],
    ["MAYBE", "null", { maybe: null }],
    ["MAYBE", "5", { maybe: "5" }],
    ["TLS", "{certFile: c, keyFile: k}", { tls: { certFile: "c", keyFile: "k" } }],
    ["LABELS", "{a: b}", { labels: { a: "b" } }],
    ["ANYTHING", "[1, x]", { anything: [1, "x"] }],
  ])("%s=%j", async (name, text, expected) => {
    expect(await taken({ [`TENURE_CLUSTER_INFO__${name}`]: text })).toMatchObject(expected);
  });

  test("lie over the file, a mapping before what is within it", async () => {
    const env = {
      TENURE_CLUSTER_INFO__TLS__KEY_FILE: "k",
      TENURE_CLUSTER_INFO__TLS: "{certFile: c, keyFile: gone}",
    };
    expect(await taken(env)).toMatchObject({ tls: { certFile: "c", keyFile: "k" } });
  });

  test("have another prefix where one is given, and of others nothing is said", async () => {
    const env = {
      ACME_CLUSTER_INFO__REPLICAS: "7",
      TENURE_CLUSTER_INFO__REPLICAS: "8",
      ACME_SOMETHING: "x",
      PATH: "/bin",
    };
    expect(await taken(env, "ACME_")).toMatchObject({ replicas: 7 });
  });

  test("that name no option are refused, with the one that was probably meant", async () => {
    const env = {
      TENURE_CLUSTER_INFO__REPLICA: "1",
      TENURE_CLUSTER_INFO__TLS__CERT: "x",
      TENURE_CLUSTER_INFO_CLUSTER_NAME: "x",
      TENURE_CLUSTER_INFO__LABELS__APP: "x",
      TENURE_NOBODY__THING: "x",
      TENURE_CONTROL_PLANE: "/not/of/ours",
    };
    expect(await mistakes(env)).toEqual([
      "TENURE_CONFIG_UNKNOWN_KEY: environment variable TENURE_NOBODY__THING: no plugin has such an option",
      'TENURE_CONFIG_UNKNOWN_KEY: environment variable TENURE_CLUSTER_INFO__REPLICA: no plugin has such an option; did you mean "TENURE_CLUSTER_INFO__REPLICAS"?',
      'TENURE_CONFIG_UNKNOWN_KEY: environment variable TENURE_CLUSTER_INFO__TLS__CERT: no plugin has such an option; did you mean "TENURE_CLUSTER_INFO__TLS__CERT_FILE"?',
      'TENURE_CONFIG_UNKNOWN_KEY: environment variable TENURE_CLUSTER_INFO_CLUSTER_NAME: no plugin has such an option; did you mean "TENURE_CLUSTER_INFO__CLUSTER_NAME"?',
      "TENURE_CONFIG_UNKNOWN_KEY: environment variable TENURE_CLUSTER_INFO__LABELS__APP: no plugin has such an option",
    ]);
    const config = await loadConfig(undefined, { env: { TENURE_CLUSTER_INFO__LABELS__APP: "x" } });
    const [problem] = await problemsOf({ plugins: [plugin()], config });
    expect(problem?.remedy).toBe(
      "The keys of that option are free: give it whole, as TENURE_CLUSTER_INFO__LABELS='{key: value}'.",
    );
  });

  test("that could stand for two options are refused", async () => {
    expect(await mistakes({ TENURE_CLUSTER_INFO__FOO_BAR: "1" })).toEqual([
      "TENURE_CONFIG_UNKNOWN_KEY: environment variable TENURE_CLUSTER_INFO__FOO_BAR stands for cluster-info.foo_bar and cluster-info.fooBar",
    ]);
  });

  test("are named in mistakes, and their values are not", async () => {
    const secret = definePlugin({
      name: "api",
      config: z.object({
        token: z.string().refine(() => false, { error: (issue) => `the token ${issue.input} is too short` }),
        port: z.number(),
      }),
      contribute: () => ({}),
    });
    const env = { TENURE_API__TOKEN: "hunter22", TENURE_API__PORT: "{secret: hunter23" };
    const config = await loadConfig(undefined, { env });
    const problems = await problemsOf({ plugins: [secret()], config });
    expect(problems.map(({ message }) => message)).toEqual([
      "environment variable TENURE_API__PORT: its value is not YAML",
      "environment variable TENURE_API__TOKEN: api.token: the token … is too short",
      expect.stringContaining("api.port: Invalid input: expected number, received undefined"),
    ]);
    expect(JSON.stringify(problems)).not.toMatch(/hunter/);
  });

  test("a schema that contains itself has an end", async () => {
    interface Tree {
      value?: number | undefined;
      below?: Tree | undefined;
    }
    const tree: z.ZodType<Tree> = z.object({
      value: z.number().optional(),
      get below() {
        return tree.optional();
      },
    });
    const deep = definePlugin({ name: "deep", config: z.object({ tree }), contribute: () => ({}) });
    const env = { TENURE_DEEP__TREE__BELOW__BELOW__VALUE: "x" };
    const problems = await problemsOf({ plugins: [deep()], config: await loadConfig(undefined, { env }) });
    expect(problems.map(({ message }) => message)).toEqual([
      "environment variable TENURE_DEEP__TREE__BELOW__BELOW__VALUE: deep.tree.below.below.value: Invalid input: expected number, received string",
    ]);
  });

  test("the environment of the process is taken unless another is given", async () => {
    process.env.TENURE_CLUSTER_INFO__REPLICAS = "5";
    try {
      const config = await loadConfig(undefined);
      await createController({ logger: silentLogger, plugins: [plugin()], config });
      expect(seen).toMatchObject({ replicas: 5 });
    } finally {
      delete process.env.TENURE_CLUSTER_INFO__REPLICAS;
    }
  });
});
