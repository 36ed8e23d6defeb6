import { type ComponentContext, currentInstance, defineComponent } from "@tenure/core";
import { settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";

describe("the context of an instance", () => {
  test("names whose code runs, in what was begun there and in listeners of its signal", async () => {
    const seen: unknown[] = [];
    const note = () => void seen.push(currentInstance());
    const a = defineComponent({
      name: "a",
      scope: "leader",
      create: () => ({
        async start({ signal }) {
          note();
          await settled();
          note();
          signal.addEventListener("abort", note);
        },
        stop: note,
      }),
    });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    await t.until("a", "running");
    await t.take();
    // Plain data: what outlives the instance in this context does not hold it.
    expect(seen).toEqual([1, 2, 3, 4].map(() => ({ name: "a", number: 1 })));
    expect(currentInstance()).toBeUndefined();
  });

  test("can be taken apart", async () => {
    let parts: Pick<ComponentContext, "fail" | "done" | "spawn"> | undefined;
    const a = defineComponent({
      name: "a",
      scope: "leader",
      spawns: true,
      create: () => ({
        start({ fail, done, spawn }) {
          parts = { fail, done, spawn };
        },
      }),
    });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    parts?.spawn(defineComponent({ name: "child", scope: "leader", create: () => ({}) }));
    await settled();
    t.assertPhases({ "a/child": "running" });
    parts?.fail(new Error("boom"));
    await t.until("a", "running", { advance: 1_000 });
    parts?.done();
    await settled();
    t.assertPhases({ a: "idle" });
  });
});
