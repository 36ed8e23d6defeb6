import { type ComponentDefinition, configInCode, defineComponent, type EventLogData, silentLogger } from "@tenure/core";
import { FakeLease, settled, startTestController, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { resolvePolicy } from "../src/component/options.ts";
import { compose } from "../src/composition/compose.ts";
import { buildState } from "../src/kernel/build-state.ts";
import { restoreState, type SavedState, serialiseState } from "../src/kernel/serialise.ts";
import { step } from "../src/kernel/step.ts";
import { EventLog } from "../src/supervisor/event-log.ts";
import { Supervisor } from "../src/supervisor/supervisor.ts";
import { Probes } from "./probe-component.ts";

/** From the beginning, which needs a whole log. */
function replay({ origin, missed, events }: EventLogData): SavedState {
  if (missed > 0) throw new Error(`${missed} events are missing`);
  const state = buildState(origin.components, origin.leases, origin.seed, origin.at);
  for (const { event, at } of events) step(state, event, at);
  return serialiseState(state);
}

/** From a state that was saved when the log had so many events. */
function replayFrom(saved: SavedState, seen: number, { missed, events }: EventLogData): SavedState {
  const state = restoreState(saved);
  for (const { event, at } of events.slice(seen - missed)) step(state, event, at);
  return serialiseState(state);
}

const throughJson = <T>(data: T): T => JSON.parse(JSON.stringify(data)) as T;

/** The driver itself, since no controller shows the state of its kernel. */
async function startSupervisor(components: readonly ComponentDefinition[]) {
  const clock = new VirtualClock();
  const lease = new FakeLease();
  const composition = compose({ plugins: [], components, leases: [lease.definition], config: configInCode({}) });
  const exit = (_: number, reason: string) => {
    throw new Error(reason);
  };
  const rest = { logger: silentLogger, identity: "test", seed: 42, yieldPause: 30_000, exit };
  const supervisor = new Supervisor({ composition, clock, ...rest });
  supervisor.dispatch({ type: "boot" });
  await settled();
  const then = (action: () => void) => () => {
    action();
    return settled();
  };
  return {
    clock,
    grant: then(() => lease.grant()),
    take: then(() => lease.take()),
    stop: then(() => supervisor.dispatch({ type: "shutdown", reason: "asked to stop", exitCode: 0 })),
    log: () => throughJson(supervisor.log.data()),
    state: () => throughJson(serialiseState(supervisor.state)),
  };
}

describe("the log of the kernel's events", () => {
  test("of a whole run replays to the same state: boot, grant, crash, restart, loss, regain, shutdown", async () => {
    const probes = new Probes();
    const a = probes.define("a", { healthy: () => ({ ok: false, detail: "sick" }), health: { interval: 1_000 } });
    const b = probes.define("b", {
      needs: [a],
      critical: true,
      spawns: true,
      start: (context) => void context.spawn(child),
    });
    const child = defineComponent({ name: "child", scope: "leader", needs: { a }, create: () => ({}) });
    const c = probes.define("c", { scope: "process", stop: () => Promise.reject(new Error("no")) });
    const t = await startSupervisor([b, c, a]);
    const check = () => {
      const log = t.log();
      const state = t.state();
      expect(throughJson(replay(log))).toEqual(state);
      return { log, state };
    };
    check();
    await t.grant();
    probes.contextOf("b").fail(new Error("boom"));
    await settled();
    const crashed = check();
    expect(crashed.state.components.map(({ fields }) => fields.phase)).toContain("backoff");
    await t.clock.advance(10_000);
    check();
    await t.take();
    await t.grant();
    await t.clock.advance(1_500);
    check();
    await t.stop();
    const { log, state } = check();
    expect(state.finished).toBe(true);
    const types = new Set(log.events.map(({ event }) => event.type));
    expect([...types].sort()).toEqual([
      "boot",
      "crashed",
      "health",
      "lease.draining",
      "lease.ended",
      "lease.granted",
      "lease.withdrawn",
      "shutdown",
      "spawn",
      "started",
      "stopped",
      "timer",
    ]);
    expect(log.origin).toMatchObject({ seed: 42, at: 1_000_000 });
    // The jitter of the back-offs is part of what replays: with another seed it is not the same.
    const otherSeed = { ...crashed.log, origin: { ...crashed.log.origin, seed: 43 } };
    expect(throughJson(replay(otherSeed))).not.toEqual(crashed.state);
  });

  test("of which the beginning is lost replays from a state that was saved", async () => {
    const t = await startSupervisor([new Probes().define("a")]);
    const terms = async (count: number) => {
      for (let term = 0; term < count; term++) {
        await t.grant();
        await t.clock.advance(1);
        await t.take();
      }
    };
    await terms(400);
    const before = t.log();
    const saved = t.state();
    expect(before.events).toHaveLength(1_000);
    expect(before.missed).toBeGreaterThan(0);
    await terms(100);
    const log = t.log();
    expect(() => replay(log)).toThrow("missing");
    const seen = before.missed + before.events.length;
    expect(throughJson(replayFrom(saved, seen, log))).toEqual(t.state());
    // Not by chance: without the last event it is another state.
    const shorter = { ...log, events: log.events.slice(0, -1) };
    expect(throughJson(replayFrom(saved, seen, shorter))).not.toEqual(t.state());
  });

  test("is a copy: what happens later is not in it", async () => {
    const probes = new Probes();
    await using t = await startTestController({ components: [probes.define("a")] });
    const log = t.controller.eventLog();
    const before = structuredClone(log);
    await t.grant();
    expect(log).toEqual(before);
  });

  test("keeps the last events in their order, and counts the others", () => {
    const node = { name: "a", scope: "process", needs: [], after: [], policy: resolvePolicy({}, "process") };
    const log = new EventLog({ components: [node], leases: [], seed: 1, at: 0 }, 3);
    const read = () => {
      const { missed, events } = log.data();
      return [missed, events.map(({ at }) => at)];
    };
    expect(read()).toEqual([0, []]);
    for (let at = 1; at <= 3; at++) log.add({ type: "boot" }, at);
    expect(read()).toEqual([0, [1, 2, 3]]);
    for (let at = 4; at <= 8; at++) log.add({ type: "boot" }, at);
    expect(read()).toEqual([5, [6, 7, 8]]);
  });
});
