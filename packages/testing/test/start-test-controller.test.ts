import { createServer } from "node:net";
import { createToken, defineComponent, exitCode } from "@tenure/core";
import { FakeLease, fakeProvider, startTestController, TestExpectationError } from "@tenure/testing";
import { describe, expect, test } from "vitest";

const worker = (name: string, scope = "leader", create: () => object = () => ({})) =>
  defineComponent({ name, scope, create });

describe("a test controller", () => {
  test("has several leases, each granted and taken by itself", async () => {
    await using t = await startTestController({
      components: [worker("a"), worker("b", "backup"), worker("c", "edge")],
      leases: ["backup", new FakeLease({ name: "edge" })],
    });
    await t.grant("backup");
    t.assertPhases({ a: "idle", b: "running", c: "idle" });
    await t.grant();
    await t.grant("edge");
    await t.take("backup");
    t.assertPhases({ a: "running", b: "idle", c: "running" });
    expect(() => t.leaseOf("other")).toThrow(/there is no fake lease "other"/);
  });

  test("gives components fakes of what they need", async () => {
    const clockToken = createToken<{ tick(): number }>("test.clock");
    let ticks = 0;
    const user = defineComponent({
      name: "user",
      scope: "leader",
      needs: { clock: clockToken },
      create: ({ clock }) => ({ start: () => void clock.tick() }),
    });
    await using t = await startTestController({
      components: [user, fakeProvider(clockToken, { tick: () => ++ticks })],
    });
    await t.grant();
    expect(ticks).toBe(1);
  });

  test("waits for a phase without polling, through real sockets", async () => {
    const server = worker("server", "process", () => {
      const listener = createServer();
      return {
        start: () => new Promise<void>((resolve) => listener.listen({ host: "127.0.0.1", port: 0 }, resolve)),
        stop: () => new Promise((resolve) => listener.close(resolve)),
      };
    });
    await using t = await startTestController({ components: [server] });
    await t.until("server", "running");
    t.assertPhases({ server: "running" });
  });

  test("moves virtual time only when it is told to, from timer to timer", async () => {
    let starts = 0;
    const flaky = defineComponent({
      name: "flaky",
      restart: { backoff: { base: 1_000, factor: 2, jitter: 0 } },
      create: () => ({ start: () => (++starts < 3 ? Promise.reject(new Error("not yet")) : undefined) }),
    });
    await using t = await startTestController({ components: [flaky] });
    const begun = t.clock.now();
    await expect(t.until("flaky", "running", { patience: 10 })).rejects.toThrow(/it is backoff/);
    expect(t.clock.now()).toBe(begun);
    await t.until("flaky", "running", { advance: 60_000 });
    expect(t.clock.now() - begun).toBe(3_000);
  });

  test("fails with the snapshot, and what keeps the component from its phase", async () => {
    const below = defineComponent({
      name: "below",
      scope: "leader",
      restart: { mode: "never" },
      create: () => ({ start: () => Promise.reject(new Error("disk full")) }),
    });
    const above = defineComponent({ name: "above", scope: "leader", needs: { below }, create: () => ({}) });
    await using t = await startTestController({ components: [below, above] });
    await t.grant();
    const failed = await t.until("above", "running", { patience: 1 }).catch((error) => error);
    expect(failed).toBeInstanceOf(TestExpectationError);
    expect(failed.code).toBe("TENURE_TEST_EXPECTATION");
    expect(failed.message).toContain('"above" did not become running: it is waiting');
    expect(failed.message).toMatch(/lease leader +held +term 1/);
    expect(failed.message).toMatch(/below +failed +start failed: disk full/);
    expect(failed.message).toMatch(/above +waiting +waits for "below"/);
    expect(() => t.assertPhases({ above: "running" })).toThrow(/"above" is waiting, not running\n/);
    await expect(t.until("nobody", "running", { patience: 1 })).rejects.toThrow(/no component of that name/);
  });

  test("tells the exit code, in order and by force", async () => {
    const orderly = await startTestController({ components: [worker("a", "process")] });
    expect(await orderly.stop()).toBe(exitCode.ok);
    expect(await orderly.stop()).toBe(exitCode.ok);
    const fatal = await startTestController({
      components: [
        defineComponent({
          name: "fatal",
          restart: { mode: "never" },
          onFailure: "exit",
          create: () => ({ start: () => Promise.reject(new Error("no")) }),
        }),
      ],
    });
    await expect(fatal.until("fatal", "running")).rejects.toThrow(/the process ended \(code 69\)/);
    const below = worker("below", "process");
    const hangs = defineComponent({
      name: "hangs",
      needs: { below },
      create: () => ({ stop: () => new Promise<void>(() => {}) }),
    });
    const stuck = await startTestController({ components: [below, hangs] });
    await expect(stuck.stop({ patience: 10 })).rejects.toThrow(/did not stop\n.*shuts down[\s\S]*hangs +stopping/);
    expect(await stuck.stop({ advance: 20_000 })).toBe(exitCode.stuck);
    expect(stuck.exited?.reason).toContain('"hangs"');
  });

  test("an expired lease is not held any more, though nobody has been told", async () => {
    let held: (() => boolean) | undefined;
    const a = defineComponent({
      name: "a",
      scope: "leader",
      create: (_needs, _wants, { term }) => {
        held = () => term.held;
        return {};
      },
    });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    expect(held?.()).toBe(true);
    t.lease.expire();
    expect(held?.()).toBe(false);
    t.assertPhases({ a: "running" });
    await t.take();
    t.assertPhases({ a: "idle" });
  });
});
