import { startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { Probes } from "./probe-component.ts";

const health = { interval: 100, timeout: 50, threshold: 3 };

describe("health", () => {
  test("degrades at the first failed check, restarts at the threshold", async () => {
    const probes = new Probes();
    let ok = true;
    const a = probes.define("a", { health, healthy: () => ({ ok, detail: "the pool is empty" }) });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    await t.clock.advance(1_000);
    expect(t.phaseOf("a")).toBe("running");
    ok = false;
    await t.clock.advance(150);
    expect(t.phaseOf("a")).toBe("degraded");
    expect(t.controller.snapshot().components[0]?.reason.text).toBe("the pool is empty");
    await t.clock.advance(200);
    expect(t.phaseOf("a")).toBe("backoff");
    ok = true;
    await t.clock.advance(1_000);
    expect(t.phaseOf("a")).toBe("running");
  });

  test("recovers from degraded when a check succeeds again", async () => {
    const probes = new Probes();
    let ok = false;
    const a = probes.define("a", { health, healthy: () => ok });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    await t.clock.advance(150);
    expect(t.phaseOf("a")).toBe("degraded");
    ok = true;
    await t.clock.advance(100);
    expect(t.phaseOf("a")).toBe("running");
    expect(probes.lives.get("a")).toHaveLength(1);
  });

  test("a check that hangs harms only its own component", async () => {
    const probes = new Probes();
    const a = probes.define("a", { health, healthy: () => new Promise<boolean>(() => {}) });
    const b = probes.define("b", { health, healthy: () => true });
    await using t = await startTestController({ components: [a, b] });
    await t.grant();
    await t.clock.advance(600);
    expect(probes.journal.filter((entry) => entry.endsWith(" a")).slice(0, 2)).toEqual(["start a", "stop a"]);
    expect(t.phaseOf("b")).toBe("running");
    expect(probes.lives.get("b")).toHaveLength(1);
  });
});
