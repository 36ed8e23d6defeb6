import { createToken, defineComponent, type LiveReference } from "@tenure/core";
import { settled, startTestController } from "@tenure/testing";
import { expect, test } from "vitest";
import { collectGarbage } from "./collect-garbage.ts";

interface Result {
  readonly answer: number;
}

/** A job that is done at once, whose instance is its result, and a component that relies on it. */
async function doneJob() {
  const result = createToken<Result>("result");
  const instances: WeakRef<object>[] = [];
  const seen: (Result | undefined)[] = [];
  const job = defineComponent({
    name: "job",
    scope: "leader",
    provides: result,
    create: () => {
      const instance = { answer: 42, run: async () => {} };
      instances.push(new WeakRef(instance));
      return instance;
    },
  });
  const user = defineComponent({
    name: "user",
    scope: "leader",
    needs: { result },
    create: () => ({ stop: () => void seen.push(undefined) }),
  });
  let wanted: LiveReference<Result> | undefined;
  const outside = defineComponent({
    name: "outside",
    wants: { result },
    create: (_needs, wants) => {
      wanted = wants.result;
      return {};
    },
  });
  const t = await startTestController({ components: [job, user, outside] });
  return { t, instances, wanted: () => wanted?.current?.answer };
}

test("work that is done is there until its term has ended, and not until the next one begins", async () => {
  const { t, wanted } = await doneJob();
  await using _ = t;
  await t.grant();
  expect(t.phaseOf("job")).toBe("idle");
  expect(t.phaseOf("user")).toBe("running");
  expect(wanted()).toBe(42);
  await t.take();
  expect(wanted()).toBeUndefined();
  await t.grant();
  expect(wanted()).toBe(42);
  expect(t.phaseOf("user")).toBe("running");
});

test("its instance is not kept beyond the term", async () => {
  const { t, instances } = await doneJob();
  await using _ = t;
  await t.grant();
  await t.take();
  await settled();
  collectGarbage();
  expect(instances[0]?.deref()).toBeUndefined();
});
