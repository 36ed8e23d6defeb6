import { readFile } from "node:fs/promises";
import { configJsonSchema, configSchema, type JsonSchema } from "@tenure/core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { distributionPlugins } from "../src/plugins.ts";

const plugins = distributionPlugins({ manifests: "/var/lib/manifests" });
const schema = configJsonSchema(plugins);

function mistakes(values: unknown, of: JsonSchema = schema): readonly string[] {
  const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(of);
  validate(values);
  return (validate.errors ?? []).map((error) => `${error.instancePath}: ${error.message}`);
}

describe("the JSON Schema of the distribution's configuration", () => {
  test("takes the configuration that the distribution ships", async () => {
    const values: unknown = parse(await readFile(new URL("../tenure.yaml", import.meta.url), "utf8"));
    expect(mistakes(values)).toEqual([]);
    // The same by zod, which has been merged into one schema.
    const whole = configSchema(distributionPlugins({})).safeParse({
      manifests: { directory: "/x" },
      ...(values as object),
    });
    expect(whole.error?.issues ?? []).toMatchObject([{ path: ["kubernetes"] }, { path: ["stacks"] }]);
  });

  test("refuses what the controller would refuse", () => {
    expect(
      mistakes({
        $schema: "./tenure.schema.json",
        lease: { leaseDuraton: "15s", renewDeadline: "10 seconds", retryPeriod: -1 },
        kubernetes: null,
        coredns: { replicas: 1.5 },
        "cluster-info": {},
        typo: {},
      }),
    ).toEqual([
      ": must NOT have additional properties",
      "/lease: must NOT have additional properties",
      "/lease/renewDeadline: must be number",
      String.raw`/lease/renewDeadline: must match pattern "^(\d+(\.\d+)?(ms|s|m|h))+$"`,
      "/lease/renewDeadline: must match a schema in anyOf",
      "/lease/retryPeriod: must be >= 0",
      "/lease/retryPeriod: must be string",
      "/lease/retryPeriod: must match a schema in anyOf",
      "/coredns/replicas: must be integer",
      "/cluster-info: must have required property 'clusterName'",
    ]);
  });

  test("requires a section only for what was not given in code", () => {
    expect(mistakes({})).toEqual([": must have required property 'cluster-info'"]);
    expect(mistakes({}, configJsonSchema(distributionPlugins({})))).toEqual([
      ": must have required property 'manifests'",
      ": must have required property 'cluster-info'",
    ]);
  });

  test("describes every plugin and every option, with its default", () => {
    const sections = Object.entries(schema.properties ?? {}).filter(([name]) => name !== "$schema");
    expect(sections.map(([name]) => name)).toEqual([
      "kubernetes",
      "lease",
      "stacks",
      "manifests",
      "coredns",
      "cluster-info",
    ]);
    for (const [name, section] of sections) {
      for (const [key, option] of Object.entries(section.properties ?? {})) {
        expect(option.description, `${name}.${key}`).toEqual(expect.any(String));
      }
    }
    expect(schema.properties?.lease?.properties?.leaseDuration).toMatchObject({ default: 15_000 });
    expect(schema.properties?.lease?.description).toMatch(/Lease object/);
  });
});
