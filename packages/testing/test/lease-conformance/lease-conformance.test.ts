import {
  type LeaseConformanceCase,
  LeaseConformanceError,
  type LeaseConformanceOptions,
  leaseConformanceCases,
  leaseProviderConformance,
  runLeaseProviderConformance,
} from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { faults } from "./faulty-electors.ts";
import { MemoryElector } from "./memory-elector.ts";
import { memoryProvider } from "./memory-provider.ts";

/** All cases at once, since they wait most of the time; then the one that measures the heap. */
async function failures(options: LeaseConformanceOptions): Promise<ReadonlyMap<string, Error>> {
  const errors = new Map<string, Error>();
  const cases = leaseConformanceCases(options);
  const run = async ({ name, run }: LeaseConformanceCase) => {
    await run().catch((error: Error) => errors.set(name, error));
  };
  const last = cases.at(-1)!;
  await Promise.all(cases.slice(0, -1).map(run));
  await run(last);
  // In the order of the cases.
  return new Map(cases.flatMap(({ name }) => (errors.has(name) ? [[name, errors.get(name)!]] : [])));
}

describe("the lease conformance suite", () => {
  describe("for a right provider with every hook", () => {
    leaseProviderConformance({ test, ...memoryProvider() });
  });

  const named = faults.map((fault) => [fault.fault, fault] as const);
  test.each(named)("finds %s, and nothing else", async (_, { spoil, caughtBy, says, terms = 5 }) => {
    const errors = await failures({ ...memoryProvider(spoil), terms });
    expect([...errors].map(([name, { message }]) => [name, message])).toEqual(
      caughtBy.map((name) => [name, expect.any(String)]),
    );
    expect(errors.get(caughtBy[0]!)?.message).toMatch(says);
    for (const error of errors.values()) {
      expect(error).toBeInstanceOf(LeaseConformanceError);
      expect((error as LeaseConformanceError).remedy).not.toBe("");
    }
  });

  test("reports what has failed, and how, and goes on", async () => {
    const unnamed = memoryProvider((elector) => Object.assign(elector, { identity: "" }));
    const { passed, results } = await runLeaseProviderConformance({ ...unnamed, terms: 2 });
    expect(passed).toBe(false);
    expect(results.map(({ outcome }) => outcome)).toEqual(["failed", ...results.slice(1).map(() => "passed")]);
    expect(results[0]).toMatchObject({
      name: "acquires a free lease",
      detail: expect.stringContaining("has no identity"),
      error: expect.any(LeaseConformanceError),
    });
  });

  test("says what does not apply, and why", async () => {
    const { takeAway: _, cut: __, heal: ___, ...provider } = memoryProvider();
    const { results } = await runLeaseProviderConformance({ ...provider, exclusive: false, terms: 2 });
    expect(results.flatMap(({ name, outcome, detail }) => (outcome === "passed" ? [] : [[name, detail]]))).toEqual([
      ["is held by one of two at most", "it is not exclusive: there is never a second candidate"],
      ["is held by one of five at most", "it is not exclusive: there is never a second candidate"],
      ["is taken over after a release", "it is not exclusive: there is never a second candidate"],
      ["ends in time when it is cut off, and regains in a new term", "no `cut` and `heal` were given"],
      ["ends at once when another holder is seen", "no `takeAway` was given"],
    ]);
  });

  test("skips what does not apply where the test runner allows it, and takes no callback", async () => {
    const { takeAway: _, ...provider } = memoryProvider();
    const bodies = new Map<string, (...context: unknown[]) => Promise<void>>();
    leaseProviderConformance({ ...provider, test: (name, body) => bodies.set(name, body) });
    const skipped: string[] = [];
    await bodies.get("ends at once when another holder is seen")?.({ skip: (reason: string) => skipped.push(reason) });
    expect(skipped).toEqual(["no `takeAway` was given"]);
    expect([...bodies.values()].map((body) => body.length)).toEqual([...bodies].map(() => 0));
  });

  test("a backend that cannot be reached is told as what it is", async () => {
    const create = () => Promise.reject(new Error("no such server"));
    const [first] = leaseConformanceCases({ create });
    await expect(first?.run()).rejects.toMatchObject({
      code: "TENURE_LEASE_CONFORMANCE_SETUP",
      message: expect.stringContaining("cannot make an elector: no such server"),
    });
  });

  test("many terms end early, and say so, when each of them takes long", async () => {
    const slow = memoryProvider((elector) =>
      Object.assign(elector, {
        yield: () => MemoryElector.prototype.yield.call(elector, { pause: 300, reason: "", because: "asked" }),
      }),
    );
    const many = leaseConformanceCases({ ...slow, terms: 1_000 }).find(({ name }) => name.startsWith("survives"));
    expect(await many?.run()).toMatch(/^a term takes \d+ ms, so that 1000 would take \d+ s: stopped after 2; give/);
  });

  test.each<[string, object, RegExp]>([
    ["no function that makes one", {}, /`create` must be a function that makes an elector/],
    ["a way to cut it off and none to connect it", { cut() {} }, /`heal` must be given too/],
    ["no terms", { terms: 0 }, /`terms` must be at least 1/],
    ["a pause in words", { pause: "long" }, /`pause` must be a number/],
    ["an exclusion in words", { exclusive: "yes" }, /`exclusive` must be true or false/],
  ])("%s is one error, and no case begins", (_, changes, text) => {
    const { cut: __, heal: ___, create, ...rest } = memoryProvider();
    const given = { ...rest, ...(Object.keys(changes).length > 0 ? { create } : {}), ...changes };
    expect(() => leaseConformanceCases(given as LeaseConformanceOptions)).toThrow(text);
    expect(() => leaseConformanceCases(given as LeaseConformanceOptions)).toThrow(LeaseConformanceError);
  });
});
