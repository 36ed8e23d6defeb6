import { exitCode } from "@tenure/core";
import { startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { Probes } from "./probe-component.ts";

const never = () => new Promise<void>(() => {});
const fails = () => Promise.reject(new Error("no disk"));

describe("a critical component that does not run", () => {
  test("yields the lease after its time, whatever keeps it from running: here a dependency", async () => {
    const probes = new Probes();
    const below = probes.define("below", { start: fails, restart: { backoff: { jitter: 0 } } });
    const critical = probes.define("critical", { needs: [below], critical: { within: 5_000 } });
    await using t = await startTestController({ components: [below, critical] });
    const reasons: string[] = [];
    t.controller.on("lease.draining", ({ reason }) => void reasons.push(reason));
    await t.grant();
    await t.clock.advance(4_999);
    expect(t.lease.calls).not.toContain("yield");
    await t.clock.advance(1);
    expect(t.lease.calls).toContain("yield");
    expect(t.lease.held).toBe(false);
    expect(probes.journal).not.toContain("start critical");
    expect(reasons).toEqual([expect.stringMatching(/has not run for 5000 ms: it waits for "below"; .*no disk/)]);
  });

  test("is not counted while it runs, nor while the lease is not held", async () => {
    const probes = new Probes();
    const critical = probes.define("critical", { critical: { within: 5_000 } });
    await using t = await startTestController({ components: [critical] });
    await t.clock.advance(60_000);
    await t.grant();
    await t.clock.advance(60_000);
    expect(t.lease.calls).not.toContain("yield");
    expect(t.clock.pending).toBe(0);
  });

  test("that comes back in time yields nothing, and its time begins anew", async () => {
    const probes = new Probes();
    const critical = probes.define("critical", {
      critical: { within: 1_000 },
      restart: { backoff: { base: 800, jitter: 0 }, intensity: { restarts: 9, within: 60_000 } },
    });
    await using t = await startTestController({ components: [critical] });
    await t.grant();
    for (let round = 0; round < 2; round++) {
      probes.contextOf("critical").fail(new Error("again"));
      await t.clock.advance(900);
      expect(t.phaseOf("critical")).toBe(round === 0 ? "running" : "backoff");
    }
    expect(t.lease.calls).not.toContain("yield");
    await t.clock.advance(100);
    expect(t.lease.calls).toContain("yield");
  });

  test("goes on trying when the lease is kept, since nobody else is left to try", async () => {
    const probes = new Probes();
    const critical = probes.define("critical", {
      start: fails,
      critical: { within: 600_000 },
      restart: { backoff: { base: 10, cap: 1_000, jitter: 0 }, intensity: { restarts: 2, within: 60_000 } },
    });
    await using t = await startTestController({ components: [critical] });
    t.lease.keeps = "no other candidate is known";
    await t.grant();
    await t.clock.advance(100);
    expect(t.lease.calls.filter((call) => call === "yield")).toHaveLength(1);
    expect(t.lease.held).toBe(true);
    const { reason } = t.controller.snapshot().components[0]!;
    expect(reason.text).toContain("no other candidate is known");
    expect(reason.text).toContain("no disk");
    const before = probes.journal.length;
    await t.clock.advance(1_000);
    expect(probes.journal.length).toBeGreaterThan(before);
  });

  test("of the process ends it, since there is no lease that another could take", async () => {
    const probes = new Probes();
    const critical = probes.define("critical", {
      scope: "process",
      start: never,
      startTimeout: 9_000,
      critical: { within: 2_000 },
    });
    const t = await startTestController({ components: [critical] });
    await t.clock.advance(2_000);
    expect(t.controller.snapshot().shutdown).toContain('"critical" has failed: it has not run for 2000 ms');
    // Its start ignores its signal: it is stuck after its stop timeout, and the process ends itself.
    await t.clock.advance(10_000);
    expect(t.exited?.code).toBe(exitCode.stuck);
    expect(t.exited?.reason).toContain('the start of "critical" has not settled');
  });
});
