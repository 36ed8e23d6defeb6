import { settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { Probes } from "./probe-component.ts";

const steady = { jitter: 0 };

describe("restarts", () => {
  test("stops the dependents before it restarts a crashed component, and starts them after it", async () => {
    const probes = new Probes();
    const a = probes.define("a", { restart: { backoff: { base: 0 } } });
    const b = probes.define("b", { needs: [a] });
    await using t = await startTestController({ components: [a, b] });
    await t.grant();
    probes.journal.length = 0;
    probes.contextOf("a").fail(new Error("boom"));
    await settled();
    expect(probes.journal).toEqual(["stop b", "stop a", "start a", "start b"]);
  });

  test("waits longer after every failure, up to the cap, and for ever", async () => {
    const probes = new Probes();
    const a = probes.define("a", {
      start: () => Promise.reject(new Error("no")),
      restart: { backoff: { base: 100, factor: 2, cap: 400, ...steady } },
    });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    const starts: number[] = [];
    t.controller.on("component.starting", () => starts.push(t.clock.now()));
    const origin = t.clock.now();
    await t.clock.advance(3_000);
    expect(starts.slice(0, 6).map((at) => at - origin)).toEqual([100, 300, 700, 1_100, 1_500, 1_900]);
    expect(t.phaseOf("a")).toBe("backoff");
    expect(t.controller.snapshot().components[0]?.reason.text).toContain("start failed: no");
  });

  test("a start that fails synchronously without a back-off does not hold up the event loop", async () => {
    const probes = new Probes();
    const a = probes.define("a", {
      start: () => {
        throw new Error("no");
      },
      restart: { backoff: { base: 0, jitter: 0 } },
    });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    await t.clock.advance(10);
    expect(probes.lives.get("a")?.length).toBeLessThan(20);
  });

  test("begins the back-off anew after it has run for the reset window", async () => {
    const probes = new Probes();
    const a = probes.define("a", { restart: { backoff: { base: 100, ...steady }, resetAfter: 1_000 } });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    for (const ran of [10, 10, 2_000]) {
      await t.clock.advance(ran);
      probes.contextOf("a").fail(new Error("boom"));
      await settled();
      if (ran === 2_000) expect(t.controller.snapshot().components[0]?.failures).toBe(1);
      await t.clock.advance(500);
    }
  });

  test("a crash harms neither siblings nor dependencies", async () => {
    const probes = new Probes();
    const a = probes.define("a");
    const b = probes.define("b", { needs: [a] });
    const c = probes.define("c", { needs: [a] });
    await using t = await startTestController({ components: [a, b, c] });
    await t.grant();
    probes.journal.length = 0;
    probes.contextOf("b").fail(new Error("boom"));
    await t.clock.advance(1_000);
    expect(probes.journal).toEqual(["stop b", "start b"]);
  });

  test("what never restarts is failed, its dependents wait and say for whom, the others run", async () => {
    const probes = new Probes();
    const a = probes.define("a", { start: () => Promise.reject(new Error("no")), restart: { mode: "never" } });
    const b = probes.define("b", { needs: [a] });
    const c = probes.define("c");
    await using t = await startTestController({ components: [a, b, c] });
    await t.grant();
    expect([t.phaseOf("a"), t.phaseOf("b"), t.phaseOf("c")]).toEqual(["failed", "waiting", "running"]);
    const waiting = t.controller.snapshot().components.find((entry) => entry.name === "b");
    expect(waiting?.reason).toEqual({ code: "waiting-for", text: 'waits for "a"', subject: "a" });
  });

  test("a failed component is tried again in the next term", async () => {
    const probes = new Probes();
    const a = probes.define("a", {
      start: (_, life) => (life.number === 1 ? Promise.reject(new Error("no")) : undefined),
      restart: { mode: "never" },
    });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    expect(t.phaseOf("a")).toBe("failed");
    await t.take();
    expect(t.phaseOf("a")).toBe("idle");
    await t.grant();
    expect(t.phaseOf("a")).toBe("running");
  });

  test("a critical component that cannot run yields the lease", async () => {
    const probes = new Probes();
    const a = probes.define("a", {
      start: () => Promise.reject(new Error("no")),
      critical: true,
      restart: { backoff: { base: 10, ...steady }, intensity: { restarts: 2, within: 10_000 } },
    });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    await t.clock.advance(1_000);
    expect(probes.lives.get("a")).toHaveLength(3);
    expect(t.lease.calls).toEqual(["campaign", "yield", "drained 1"]);
  });

  test("a failure with `exit` shuts everything down with its code", async () => {
    const probes = new Probes();
    const a = probes.define("a", {
      scope: "process",
      start: () => Promise.reject(new Error("no")),
      restart: { mode: "never" },
      onFailure: "exit",
    });
    const b = probes.define("b");
    const t = await startTestController({ components: [a, b] });
    const codes: number[] = [];
    t.controller.on("stopped", ({ exitCode }) => codes.push(exitCode));
    await t.clock.advance(1_000);
    expect(codes.length + (t.controller.snapshot().shutdown === undefined ? 0 : 1)).toBeGreaterThan(0);
    expect(t.controller.snapshot().shutdown).toContain('component "a" has failed');
  });

  test("work that is done stays done for those who need it, until the next term", async () => {
    const probes = new Probes();
    const job = probes.define("job", { start: (context) => context.done() });
    const user = probes.define("user", { needs: [job] });
    await using t = await startTestController({ components: [job, user] });
    await t.grant();
    expect(t.controller.snapshot().components.map(({ name, phase, reason }) => [name, phase, reason.code])).toEqual([
      ["job", "idle", "done"],
      ["user", "running", "started"],
    ]);
    await t.take();
    await t.grant();
    expect(probes.journal.filter((entry) => entry === "start job")).toHaveLength(2);
  });

  test("a start that takes too long is aborted, stopped and tried again", async () => {
    const probes = new Probes();
    const a = probes.define("a", {
      startTimeout: 1_000,
      start: (context, life) =>
        life.number > 1
          ? undefined
          : new Promise<void>((_, reject) =>
              context.signal.addEventListener("abort", () => reject(new Error("aborted"))),
            ),
    });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    await t.clock.advance(1_000);
    expect(probes.journal).toEqual(["start a", "stop a"]);
    await t.clock.advance(1_000);
    expect(t.phaseOf("a")).toBe("running");
  });

  test("starts what comes after a failing component once that has settled, not never", async () => {
    const probes = new Probes();
    const a = probes.define("a", { start: () => Promise.reject(new Error("no")) });
    const b = probes.define("b", { after: [a] });
    await using t = await startTestController({ components: [b, a] });
    await t.grant();
    expect(probes.journal).toEqual(["start a", "stop a", "start b"]);
  });
});
