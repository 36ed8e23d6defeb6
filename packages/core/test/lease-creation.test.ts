import { defineLease, type LeaseElector, type LeaseObservation } from "@tenure/core";
import { FakeLease, settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { Probes } from "./probe-component.ts";

/** A lease whose elector cannot be made so many times, beside a component of the process. */
async function withFailures(failures: number, wrong?: unknown) {
  const fake = new FakeLease({ name: "other" });
  let calls = 0;
  const lease = defineLease({
    name: "other",
    timing: fake.definition.timing,
    create: (needs, host) => {
      if (++calls > failures) return fake.definition.create(needs, host);
      if (wrong !== undefined) return wrong as LeaseElector;
      throw new Error("no credentials");
    },
  });
  const probes = new Probes();
  const t = await startTestController({
    components: [probes.define("plain", { scope: "process" }), probes.define("led", { scope: "other" })],
    leases: [lease],
  });
  const observed: LeaseObservation[] = [];
  t.controller.on("lease.observed", (observation) => observed.push(observation));
  await settled();
  return { t, fake, probes, observed, calls: () => calls };
}

describe("a lease whose create throws", () => {
  test("is told by name with the cause, harms nothing else, and is campaigned for when it can be made", async () => {
    const c = await withFailures(2);
    await using t = c.t;
    expect(t.phaseOf("plain")).toBe("running");
    expect(t.controller.snapshot().leases.find(({ name }) => name === "other")?.elector).toMatchObject({
      state: "not-made",
      detail: "its elector cannot be made: no credentials",
    });
    await t.clock.advance(1_000);
    expect(c.observed).toMatchObject([
      { lease: "other", level: "error", message: "its elector cannot be made: no credentials; tried again in 2000 ms" },
    ]);
    await t.clock.advance(2_000);
    expect(c.calls()).toBe(3);
    c.fake.grant();
    await settled();
    expect(t.phaseOf("led")).toBe("running");
    expect(t.exited).toBeUndefined();
  });

  test("does not hold up the shutdown, and is not tried any more", async () => {
    const c = await withFailures(Number.POSITIVE_INFINITY);
    await c.t.controller.stop();
    const calls = c.calls();
    await c.t.clock.advance(120_000);
    expect(c.calls()).toBe(calls);
    expect(c.t.clock.pending).toBe(0);
  });

  test("or gives no elector, is told what it should have given", async () => {
    const c = await withFailures(2, { campaign: true });
    await using t = c.t;
    await t.clock.advance(1_000);
    expect(c.observed[0]?.message).toMatch(/did not return an elector: see LeaseElector/);
  });
});
