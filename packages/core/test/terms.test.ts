import { TermEndedError } from "@tenure/core";
import { settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { Probes } from "./probe-component.ts";

describe("terms", () => {
  test("starts nothing of a lease before it is granted", async () => {
    const probes = new Probes();
    await using t = await startTestController({ components: [probes.define("a")] });
    expect(probes.journal).toEqual([]);
    expect(t.phaseOf("a")).toBe("idle");
  });

  test("starts dependencies first and stops dependents first", async () => {
    const probes = new Probes();
    const a = probes.define("a");
    const b = probes.define("b", { needs: [a] });
    const c = probes.define("c", { needs: [b] });
    await using t = await startTestController({ components: [c, b, a] });
    await t.grant();
    await t.drain();
    expect(probes.journal).toEqual(["start a", "start b", "start c", "stop c", "stop b", "stop a"]);
  });

  test("starts what does not depend on each other in parallel", async () => {
    const probes = new Probes();
    const gate = Promise.withResolvers<void>();
    const slow = { start: () => gate.promise };
    await using t = await startTestController({ components: [probes.define("a", slow), probes.define("b", slow)] });
    await t.grant();
    expect(probes.journal).toEqual(["start a", "start b"]);
    expect(t.phaseOf("a")).toBe("starting");
    gate.resolve();
    await settled();
    expect(t.phaseOf("a")).toBe("running");
  });

  test("makes fresh instances for every term, whose terms do not come alive again", async () => {
    const probes = new Probes();
    await using t = await startTestController({ components: [probes.define("a")] });
    await t.grant();
    const first = probes.contextOf("a").term;
    expect(first.held).toBe(true);
    await t.take();
    await t.grant();
    const second = probes.contextOf("a").term;
    expect(probes.lives.get("a")).toHaveLength(2);
    expect([first.number, second.number]).toEqual([1, 2]);
    expect(second.token).toBeGreaterThan(first.token);
    expect([first.held, second.held]).toEqual([false, true]);
    expect(() => first.assertHeld()).toThrow(TermEndedError);
    expect(first.signal.aborted).toBe(true);
  });

  test("lets stop hooks write while it drains, and aborts every signal at once when the lease is lost", async () => {
    const probes = new Probes();
    const seen: boolean[] = [];
    const a = probes.define("a", { stop: (_, life) => void seen.push(life.context!.term.held) });
    const b = probes.define("b", { needs: [a], stop: (_, life) => void seen.push(life.context!.term.held) });
    await using t = await startTestController({ components: [a, b] });
    await t.grant();
    await t.drain();
    expect(seen).toEqual([true, true]);
    await t.grant();
    const signals = ["a", "b"].map((name) => probes.contextOf(name).signal);
    t.lease.take();
    await Promise.resolve();
    await Promise.resolve();
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
  });

  test("reports the term drained only after the last stop has ended, and starts the next term only then", async () => {
    const probes = new Probes();
    let release = () => {};
    const slow = probes.define("slow", { stop: () => new Promise<void>((resolve) => (release = resolve)) });
    await using t = await startTestController({ components: [slow] });
    await t.grant();
    await t.take();
    t.lease.grant();
    await settled();
    expect(t.lease.calls).toEqual(["campaign"]);
    expect(probes.journal).toEqual(["start slow", "stop slow"]);
    release();
    await settled();
    expect(t.lease.calls).toEqual(["campaign", "drained 1"]);
    expect(probes.journal).toEqual(["start slow", "stop slow", "start slow"]);
    release();
    t.lease.drain();
    await settled();
    release();
    await settled();
  });

  test("a start that ends after the loss is stopped once and never reported running", async () => {
    const probes = new Probes();
    let finish = () => {};
    const a = probes.define("a", { start: () => new Promise<void>((resolve) => (finish = resolve)) });
    await using t = await startTestController({ components: [a] });
    const running: unknown[] = [];
    t.controller.on("component.running", (event) => running.push(event));
    await t.grant();
    await t.take();
    expect(probes.journal).toEqual(["start a"]);
    expect(t.phaseOf("a")).toBe("stopping");
    finish();
    await settled();
    expect(probes.journal).toEqual(["start a", "stop a"]);
    expect(running).toEqual([]);
    expect(t.lease.calls).toContain("drained 1");
  });

  test("what an instance of term 1 does later does not count in term 2", async () => {
    const probes = new Probes();
    await using t = await startTestController({ components: [probes.define("a")] });
    await t.grant();
    const old = probes.contextOf("a");
    await t.take();
    await t.grant();
    old.fail(new Error("late"));
    old.done();
    await settled();
    expect(t.phaseOf("a")).toBe("running");
    expect(probes.lives.get("a")).toHaveLength(2);
  });

  test("a thousand terms leave no instance, timer or listener behind", async () => {
    const probes = new Probes();
    const a = probes.define("a", { healthy: () => true });
    const b = probes.define("b", { needs: [a] });
    await using t = await startTestController({ components: [a, b] });
    for (let term = 0; term < 1_000; term++) {
      t.lease.grant();
      await settled();
      if (term % 2 === 0) t.lease.take();
      else t.lease.drain();
      await settled();
    }
    expect(probes.lives.get("a")).toHaveLength(1_000);
    expect(probes.journal.filter((entry) => entry === "stop a")).toHaveLength(1_000);
    expect(t.clock.pending).toBe(0);
    expect(t.exited).toBeUndefined();
  });
});
