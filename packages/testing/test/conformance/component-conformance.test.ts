import { createToken, defineComponent, definePlugin } from "@tenure/core";
import {
  ConformanceError,
  type ConformanceOptions,
  type ConformanceReport,
  componentConformance,
  conformanceCases,
  fakePlugin,
  runComponentConformance,
} from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { faults } from "./faulty-components.ts";
import { CountingStore, goodParent, goodPoller, goodServer, goodWriter, storeProvider } from "./good-components.ts";

const failures = ({ results }: ConformanceReport) =>
  results.filter(({ outcome }) => outcome === "failed").map(({ name, detail }) => ({ name, detail }));

describe("the conformance suite", () => {
  const store = new CountingStore();
  const writer: ConformanceOptions = {
    component: goodWriter,
    provide: [storeProvider(store)],
    writes: () => store.writes,
    work: async () => {
      const before = store.writes;
      while (store.writes === before) await new Promise((resolve) => setImmediate(resolve));
    },
  };

  for (const options of [writer, ...[goodServer, goodPoller, goodParent].map((component) => ({ component }))]) {
    describe(`for a good component: ${options.component instanceof Object ? options.component.name : ""}`, () => {
      componentConformance({ test, ...options });
    });
  }

  test("says what does not apply, and why", async () => {
    const { results } = await runComponentConformance({ component: goodPoller, terms: 5 });
    const reasons = results.flatMap(({ outcome, detail }) => (outcome === "not-applicable" ? [detail] : []));
    expect(reasons).toEqual([
      expect.stringContaining("give `failStart`"),
      "it has no `healthy`",
      expect.stringContaining("no `writes` were given"),
    ]);
  });

  describe.each(faults)(
    "for a component with $fault",
    ({ component, caughtBy, says, besides = [], others, terms = 100 }) => {
      test(`fails in "${caughtBy}"`, async () => {
        const counted = new CountingStore();
        const report = await runComponentConformance({
          component,
          provide: [storeProvider(counted)],
          writes: () => counted.writes,
          terms,
        });
        expect(report.passed).toBe(false);
        const failed = failures(report);
        expect(failed.map(({ name }) => name)).toContain(caughtBy);
        expect(failed.find(({ name }) => name === caughtBy)?.detail).toMatch(says);
        if (others === undefined) {
          expect(failed.filter(({ name }) => name !== caughtBy && !besides.includes(name))).toEqual([]);
        }
        for (const { error } of report.results) {
          if (error === undefined) continue;
          expect(error).toBeInstanceOf(ConformanceError);
          expect((error as ConformanceError).remedy).not.toBe("");
        }
      });
    },
  );

  test("takes a component out of a plugin, and fakes in place of the plugins that it uses", async () => {
    const token = createToken<{ value(): number }>("test.real");
    const real = definePlugin({
      name: "real",
      contribute: () => {
        throw new Error("the real thing is not there");
      },
    });
    const plugin = definePlugin({
      name: "mine",
      uses: [real()],
      contribute: () => ({
        components: [
          defineComponent({
            name: "user",
            scope: "leader",
            needs: { real: token },
            create: (needs) => ({ start: () => void needs.real.value() }),
          }),
        ],
      }),
    });
    const provider = defineComponent({ name: "fake", provides: token, create: () => ({ value: () => 1 }) });
    const report = await runComponentConformance({
      component: "user",
      plugins: [fakePlugin("real", provider), plugin()],
      terms: 5,
    });
    expect(failures(report)).toEqual([]);
  });

  test("names what is missing when the component is never started", async () => {
    const blocked = defineComponent({
      name: "blocked",
      restart: { mode: "never" },
      create: () => ({ start: () => Promise.reject(new Error("no")) }),
    });
    const component = defineComponent({ name: "user", needs: { blocked }, create: () => ({}) });
    const [first] = conformanceCases({ component, plugins: [], provide: [] });
    await expect(first?.run()).rejects.toThrow(/needs "blocked", which nothing in the composition provides/);
    const unknown = conformanceCases({ component: "nobody", provide: [blocked] })[0];
    await expect(unknown?.run()).rejects.toThrow(/"nobody" is not in the composition, which has blocked/);
  });

  test("skips what does not apply where the test runner allows it, and takes no callback", async () => {
    const skipped: string[] = [];
    const bodies: ((...context: unknown[]) => Promise<void>)[] = [];
    componentConformance({
      component: goodPoller,
      terms: 3,
      test: (_name, body) => bodies.push(body),
    });
    expect(bodies.map((body) => body.length)).toEqual(bodies.map(() => 0));
    for (const body of bodies) await body({ skip: (reason: string) => skipped.push(reason) });
    expect(skipped).toHaveLength(3);
  });
});
