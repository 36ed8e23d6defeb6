import { type ConfigInCode, type Logger, parseConfig, silentLogger } from "@tenure/core";
import { settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { configuredGraph } from "./configured-graph.ts";
import { Probes } from "./probe-component.ts";

const version = (number: number): ConfigInCode => ({
  graph: { components: { a: { scope: "process", version: number } } },
});

async function running(reload: () => Promise<ConfigInCode> | ConfigInCode) {
  const probes = new Probes();
  const told: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (_, message) => told.push(message),
    error: ({ error }, message) => told.push(`${message}: ${error}`),
  };
  const t = await startTestController({
    plugins: [configuredGraph(probes).plugin()],
    logger,
    config: version(1),
  });
  const listeners = process.listenerCount("SIGHUP");
  const ended = t.controller.run({ reload });
  await settled();
  return {
    probes,
    told: () => told.filter((message) => message.includes("the configuration was") || message.includes("refused")),
    advance: (duration: number) => t.clock.advance(duration),
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

  test("with a read that never ends is given up, and the next signal is heard", async () => {
    let reads = 0;
    await using c = await running(() => (++reads === 1 ? new Promise(() => {}) : version(2)));
    await c.hangUp();
    await c.hangUp();
    expect(reads).toBe(1);
    await c.advance(30_000);
    await settled();
    expect(c.told()[0]).toMatch(/the old one goes on: TENURE_CONFIG_UNREADABLE: .* not read within 30 s/);
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
  });
});
