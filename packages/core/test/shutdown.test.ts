import { createController, exitCode, silentLogger } from "@tenure/core";
import { FakeLease, settled, startTestController, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { Probes } from "./probe-component.ts";

describe("shutdown", () => {
  test("stops the leader's components, releases the lease, then stops what the lease needs", async () => {
    const probes = new Probes();
    const connection = probes.define("connection", { scope: "process" });
    const a = probes.define("a", { needs: [connection] });
    const t = await startTestController({ components: [a, connection] });
    await t.grant();
    t.controller.on("lease.ended", ({ reason }) => probes.journal.push(`lease ${reason}`));
    await t.controller.stop();
    expect(probes.journal).toEqual(
      ["start connection", "start a", "stop a", "stop connection", "lease released"].sort(order),
    );
    expect(t.lease.calls).toEqual(["campaign", "withdraw", "drained 1"]);
  });

  test("a non-leader's shutdown starts nothing", async () => {
    const probes = new Probes();
    const t = await startTestController({ components: [probes.define("a")] });
    await t.controller.stop();
    expect(probes.journal).toEqual([]);
    await t.grant();
    expect(probes.journal).toEqual([]);
  });

  test("stopping a controller that was never started starts nothing", async () => {
    const probes = new Probes();
    const { controller } = await unstarted([probes.define("a", { scope: "process" })]);
    await controller.stop();
    expect(probes.journal).toEqual([]);
  });

  test("many stops are one stop", async () => {
    const probes = new Probes();
    const t = await startTestController({ components: [probes.define("a")] });
    await t.grant();
    await Promise.all([t.controller.stop(), t.controller.stop(), t.controller.stop()]);
    await t.controller.stop();
    expect(probes.journal).toEqual(["start a", "stop a"]);
  });

  test("a stop that hangs is named, the others stop, the lease is not released, and the process ends", async () => {
    const probes = new Probes();
    const below = probes.define("below");
    const hangs = probes.define("hangs", { needs: [below], stop: () => new Promise<void>(() => {}), stopTimeout: 500 });
    const other = probes.define("other");
    const t = await startTestController({ components: [below, hangs, other] });
    await t.grant();
    await t.drain();
    expect(t.exited).toBeUndefined();
    await t.clock.advance(500);
    expect(probes.journal.filter((entry) => entry.startsWith("stop"))).toEqual([
      "stop hangs",
      "stop other",
      "stop below",
    ]);
    expect(t.phaseOf("hangs")).toBe("stuck");
    expect(t.lease.calls).not.toContain("drained 1");
    expect(t.exited?.code).toBe(exitCode.stuck);
    expect(t.exited?.reason).toContain('"hangs"');
  });

  test("a component that still runs when the lost lease ends for others ends the process", async () => {
    const probes = new Probes();
    const slow = probes.define("slow", { stop: () => new Promise<void>(() => {}), stopTimeout: 5_000 });
    const t = await startTestController({ components: [slow] });
    await t.grant();
    await t.take();
    await t.clock.advance(899);
    expect(t.exited).toBeUndefined();
    await t.clock.advance(1);
    expect(t.exited?.code).toBe(exitCode.stuck);
  });

  test("a stop that fails is reported and does not keep the others from stopping", async () => {
    const probes = new Probes();
    const a = probes.define("a");
    const b = probes.define("b", { needs: [a], stop: () => Promise.reject(new Error("disk full")) });
    await using t = await startTestController({ components: [a, b] });
    await t.grant();
    await t.drain();
    expect(probes.journal).toEqual(["start a", "start b", "stop b", "stop a"]);
    const snapshot = t.controller.snapshot().components.find((entry) => entry.name === "b");
    expect(snapshot?.lastError).toContain("disk full");
    await settled();
    expect(t.lease.calls).toContain("drained 1");
  });

  test("a lease is withdrawn while something that it needs does not run, and campaigned for again after", async () => {
    const probes = new Probes();
    const server = probes.define("server", { scope: "process", restart: { backoff: { base: 100, jitter: 0 } } });
    const fake = new FakeLease({ name: "second", needs: { server } });
    const a = probes.define("a", { scope: "second" });
    await using t = await startTestController({ components: [server, a], leases: [fake.definition] });
    fake.grant();
    await settled();
    expect(t.phaseOf("a")).toBe("running");
    probes.contextOf("server").fail(new Error("gone"));
    await settled();
    expect(fake.calls).toEqual(["campaign", "withdraw", "drained 1"]);
    expect(probes.journal).toEqual(["start server", "start a", "stop a", "stop server"]);
    await t.clock.advance(100);
    expect(fake.calls.at(-1)).toBe("campaign");
    fake.grant();
    await settled();
    expect(probes.contextOf("a").term.number).toBe(2);
  });
});

test("what has been stopped is not started again, and says so", async () => {
  const { controller } = await unstarted([]);
  await controller.stop("maintenance");
  expect(() => controller.start()).toThrow(/was stopped: maintenance/);
  await expect(controller.run()).rejects.toMatchObject({ code: "TENURE_STOPPED" });
});

test("a lease that is not there cannot be yielded", async () => {
  await using t = await startTestController({ components: [] });
  expect(() => t.controller.yieldLease("leade")).toThrow(/no lease "leade" to yield.*leader/);
});

async function unstarted(components: Parameters<typeof createController>[0]["components"] & object) {
  return { controller: await createController({ components, logger: silentLogger, clock: new VirtualClock() }) };
}

function order(left: string, right: string): number {
  const expected = ["start connection", "start a", "stop a", "stop connection", "lease released"];
  return expected.indexOf(left) - expected.indexOf(right);
}
