import { type ConfigInCode, type Logger, parseConfig, silentLogger } from "@tenure/core";
import { settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { type Behaviour, configuredGraph } from "./configured-graph.ts";
import { Probes } from "./probe-component.ts";

const version = (number: number): ConfigInCode => ({
  graph: { components: { a: { scope: "process", version: number } } },
});

async function running(
  reload: () => Promise<ConfigInCode> | ConfigInCode,
  behaviour: Readonly<Record<string, Behaviour>> = {},
) {
  const probes = new Probes();
  const told: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (_, message) => told.push(message),
    error: ({ error }, message) => told.push(`${message}: ${error}`),
  };
  const t = await startTestController({
    plugins: [configuredGraph(probes, behaviour).plugin()],
    logger,
    config: version(1),
  });
  const listeners = process.listenerCount("SIGHUP");
  const ended = t.controller.run({ reload });
  await settled();
  return {
    probes,
    clock: t.clock,
    told: () => told.filter((message) => /the configuration was|refused|SIGHUP/.test(message)),
    async hangUp() {
      process.emit("SIGHUP");
      await settled();
    },
    async [Symbol.asyncDispose]() {
      await t.controller.stop();
      await ended;
      expect(process.listenerCount("SIGHUP")).toBe(listeners);
    },
  };
}

describe("SIGHUP", () => {
  test("changes the configuration to what is read then", async () => {
    let next = 2;
    await using c = await running(() => version(next++));
    await c.hangUp();
    await c.hangUp();
    expect(c.probes.journal).toEqual(["start a@1", "stop a@1", "start a@2", "stop a@2", "start a@3"]);
    expect(c.told()).toEqual(["the configuration was read anew", "the configuration was read anew"]);
  });

  test("with a configuration that is wrong, or cannot be read, is logged, and the old one goes on", async () => {
    const answers = [
      () => ({ grahp: {} }),
      () => parseConfig("a: [", "f.yaml") as never,
      () => Promise.reject(new Error("no such file")),
      () => version(2),
    ];
    await using c = await running(() => answers.shift()?.() ?? version(2));
    for (let count = 0; count < 3; count++) await c.hangUp();
    expect(c.probes.journal).toEqual(["start a@1"]);
    expect(c.told()).toEqual([
      expect.stringMatching(
        /^the new configuration is refused, and the old one goes on: TENURE_CONFIG_UNKNOWN_KEY: .*"graph"/,
      ),
      expect.stringMatching(/the old one goes on: TENURE_CONFIG_SYNTAX: f\.yaml:/),
      expect.stringMatching(/the old one goes on: no such file/),
    ]);
    await c.hangUp();
    expect(c.probes.journal).toEqual(["start a@1", "stop a@1", "start a@2"]);
  });

  test("many times while one change is under way is one more change, with what is read last", async () => {
    let reads = 0;
    const first = Promise.withResolvers<ConfigInCode>();
    await using c = await running(() => (++reads === 1 ? first.promise : version(reads)));
    for (let count = 0; count < 5; count++) await c.hangUp();
    expect(reads).toBe(1);
    first.resolve(version(1));
    await settled();
    await settled();
    expect(reads).toBe(2);
    expect(c.probes.journal).toEqual(["start a@1", "stop a@1", "start a@2"]);
    expect(c.told().slice(0, 2)).toEqual([
      "SIGHUP while a change of the configuration is under way: it is read once more after that",
      "SIGHUP while a change of the configuration is under way: it is to be read once more already",
    ]);
    expect(c.told().slice(4)).toEqual(["the configuration was read anew", "the configuration was read anew"]);
    expect(c.clock.pending).toBe(0);
  });

  test("whose read never ends is given up after 30 s, and the next one is handled; what comes later is dropped", async () => {
    let reads = 0;
    const first = Promise.withResolvers<ConfigInCode>();
    await using c = await running(() => (++reads === 1 ? first.promise : version(reads)));
    await c.hangUp();
    await c.clock.advance(29_999);
    expect(c.told()).toEqual([]);
    await c.clock.advance(1);
    expect(c.told()).toEqual([
      expect.stringMatching(/the old one goes on: TENURE_RELOAD_TIMEOUT: .* within 30000 ms → /),
    ]);
    await c.hangUp();
    expect(c.probes.journal).toEqual(["start a@1", "stop a@1", "start a@2"]);
    first.resolve(version(9));
    await settled();
    expect(c.probes.journal).toHaveLength(3);
    expect(c.clock.pending).toBe(0);
  });

  test("whose read is pending when everything stops leaves no timer behind, whatever becomes of it", async () => {
    const first = Promise.withResolvers<ConfigInCode>();
    const c = await running(() => first.promise);
    await c.hangUp();
    expect(c.clock.pending).toBe(1);
    await c[Symbol.asyncDispose]();
    expect(c.clock.pending).toBe(0);
    first.reject(new Error("too late"));
    await settled();
  });

  test("for which a component does not stop is told of, and the next one is handled", async () => {
    let reads = 0;
    const never = Promise.withResolvers<void>();
    await using c = await running(() => version(++reads + 1), { "a@1": { stop: () => never.promise } });
    await c.hangUp();
    await c.hangUp();
    await c.clock.advance(30_000);
    expect(c.told().filter((message) => !message.startsWith("SIGHUP"))).toEqual([
      expect.stringMatching(/the old one goes on: TENURE_CHANGE_STUCK: .*the stop of "a" has not settled/),
      expect.stringMatching(/the old one goes on: TENURE_CHANGE_STUCK: .*the stop of "a" has not settled/),
    ]);
    never.resolve();
    await c.hangUp();
    expect(c.probes.journal.slice(-2)).toEqual(["stop a@1", "start a@4"]);
  });
});
