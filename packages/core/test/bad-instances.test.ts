import { type Component, defineComponent } from "@tenure/core";
import { startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";

/** As an author without a compiler may write it. */
function made(create: () => unknown) {
  return defineComponent({ name: "odd", create: () => create() as Component });
}

describe("what `create` gives", () => {
  test.each([
    ["a promise", () => Promise.resolve({ start() {} }), "`create` gave a promise"],
    ["a promise that fails", () => Promise.reject(new Error("nobody waits for it")), "`create` gave a promise"],
    ["nothing", () => undefined, "`create` gave undefined, not an instance"],
    ["a function", () => () => {}, "not an instance"],
    ["both a start and a run", () => ({ start() {}, run: async () => {} }), "both `start` and `run`"],
    ["a start that is none", () => ({ start: "soon" }), 'its `start` is "soon", not a function'],
  ])("is a failed start with a remedy when it is %s", async (_, create, text) => {
    await using t = await startTestController({ components: [made(create)] });
    const { phase, lastError } = t.controller.snapshot().components[0]!;
    expect(phase).toBe("backoff");
    expect(lastError).toContain(text);
    expect(lastError).toContain("TENURE_BAD_INSTANCE");
    expect(lastError).toContain("→");
  });

  test("may have neither: what others use of it is all that it does", async () => {
    await using t = await startTestController({ components: [made(() => ({ answer: 42 }))] });
    expect(t.phaseOf("odd")).toBe("running");
  });

  test("a promise of an instance does not compile", () => {
    // @ts-expect-error a promise is no instance
    defineComponent({ name: "late", create: async () => ({ start() {} }) });
  });
});

test.each([undefined, "well", {}, { ok: 1 }])("a health check that answers %j is not healthy", async (answer) => {
  const odd = made(() => ({ healthy: () => answer }));
  await using t = await startTestController({ components: [odd] });
  await t.clock.advance(10_000);
  expect(t.phaseOf("odd")).toBe("degraded");
  expect(t.controller.snapshot().components[0]?.health).toContain("its health check gave");
});
