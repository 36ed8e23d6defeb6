import { createHash } from "node:crypto";
import { applySetId } from "@tenure/stack-applier";
import { describe, expect, test } from "vitest";
import { inWaves } from "../src/apply-order.ts";

describe("the order of a stack", () => {
  test("puts what others need first and what intercepts them last", () => {
    const kinds = [
      "ValidatingWebhookConfiguration",
      "Deployment",
      "ConfigMap",
      "Role",
      "StorageClass",
      "Thing",
      "CustomResourceDefinition",
      "Namespace",
    ];
    const waves = inWaves(kinds, (kind) => ({ kind }));
    expect(waves).toEqual([
      ["CustomResourceDefinition", "Namespace"],
      ["StorageClass"],
      ["Role"],
      ["ConfigMap"],
      ["Deployment", "Thing"],
      ["ValidatingWebhookConfiguration"],
    ]);
  });

  test("the id of a set is that of the specification", () => {
    const hash = createHash("sha256").update("my.ns.ConfigMap.").digest("base64url");
    expect(applySetId({ name: "my", namespace: "ns", kind: "ConfigMap", group: "" })).toBe(`applyset-${hash}-v1`);
  });
});
