import { CompositionError } from "@tenure/core";
import { settled } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { type Components, nothing, started } from "./reconfigured-controller.ts";

describe("a change that is wrong", () => {
  const good: Components = { a: {}, b: { needs: ["a"] } };

  test.each<[string, object, string]>([
    ["a value that the schema refuses", { components: { a: { version: "x" } } }, "TENURE_CONFIG_INVALID"],
    ["an option that there is not", { component: {} }, "TENURE_CONFIG_UNKNOWN_KEY"],
    ["a plugin that fails", { components: {}, fails: true }, "TENURE_PLUGIN_FAILED"],
    ["a need that nothing provides", { components: { b: { needs: ["a"] } } }, "TENURE_MISSING_PROVIDER"],
    ["a cycle", { components: { a: { needs: ["b"] }, b: { needs: ["a"] } } }, "TENURE_CYCLE"],
    ["a scope that there is not", { components: { a: { scope: "nowhere" } } }, "TENURE_UNKNOWN_SCOPE"],
    [
      "a scope that is crossed",
      { components: { a: {}, b: { scope: "process", needs: ["a"] } } },
      "TENURE_SCOPE_CROSSED",
    ],
    ["a name that is taken", { components: { bystander: {} } }, "TENURE_DUPLICATE_NAME"],
    ["a lease's name that is taken", { leases: { leader: {} } }, "TENURE_DUPLICATE_NAME"],
    ["a token of two", { components: { a: {}, c: { provides: "a" } } }, "TENURE_AMBIGUOUS_PROVIDER"],
    ["a wrong option", { components: { a: { stopTimeout: -1 } } }, "TENURE_BAD_OPTION"],
    ["a bad name", { components: { "a/b": {} } }, "TENURE_BAD_NAME"],
    ["a chain of stops that is too long", { components: { a: { stopTimeout: 12_000 } } }, "TENURE_STOP_CHAIN_TOO_LONG"],
  ])("%s is refused whole, and the old one goes on", async (_, graph, code) => {
    await using c = await started(good);
    await c.t.grant();
    c.news();
    const before = c.t.controller.snapshot();
    const error = await c.t.controller.reconfigure({ graph: graph as never }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CompositionError);
    expect((error as CompositionError).problems.map((problem) => problem.code)).toEqual([code]);
    await settled();
    expect(c.news()).toEqual([]);
    expect(c.t.controller.snapshot()).toEqual(before);
    // The old definitions are still those that are compared with.
    expect(await c.change(good)).toEqual(nothing);
    await c.change({ ...good, b: { needs: ["a"], version: 2 } });
    await settled();
    expect(c.news()).toEqual(["stop b@1", "start b@2"]);
  });

  test("a section that no plugin has is refused", async () => {
    await using c = await started(good);
    await expect(c.t.controller.reconfigure({ grahp: {} })).rejects.toThrow(/did you mean "graph"/);
  });
});
