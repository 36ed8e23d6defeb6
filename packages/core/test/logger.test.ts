import { spawn } from "node:child_process";
import { once } from "node:events";
import { defineComponent, jsonLogger, silentLogger, withFields } from "@tenure/core";
import { startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";

describe("the logger", () => {
  test("a reader of standard error that goes away does not end the process", async () => {
    const code = `
      import { jsonLogger } from "@tenure/core";
      const logger = jsonLogger();
      process.once("message", () => {
        for (let line = 0; line < 1_000; line++) logger.info({ line }, "nobody reads this");
        setImmediate(() => process.send("alive", () => process.exit(0)));
      });
      process.send("ready");
    `;
    const child = spawn(process.execPath, ["--conditions=@tenure/source", "--input-type=module", "-e", code], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    await once(child, "message");
    child.stderr?.destroy();
    const answer = once(child, "message");
    child.send("log");
    expect(await answer).toContain("alive");
    expect((await once(child, "exit"))[0]).toBe(0);
  });

  test("says which levels are written, so that the lines of others need not be put together", async () => {
    const lines: string[] = [];
    const logger = jsonLogger({ level: "warn", write: (line) => lines.push(line) });
    for (const level of ["debug", "info", "warn", "error"] as const) {
      logger[level]({}, level);
      expect(logger.isLevelEnabled?.(level)).toBe(level === "warn" || level === "error");
      expect(withFields(logger, { a: 1 }).isLevelEnabled?.(level)).toBe(logger.isLevelEnabled?.(level));
      expect(silentLogger.isLevelEnabled?.(level)).toBe(false);
    }
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(["warn", "error"]);
  });

  test("a logger that does not say which levels it writes gets every transition", async () => {
    const lines: string[] = [];
    const write = (_: unknown, message: string) => void lines.push(message);
    const logger = { debug: write, info: write, warn: write, error: write };
    await using t = await startTestController({
      components: [defineComponent({ name: "a", create: () => ({}) })],
      logger,
    });
    expect(lines.filter((line) => line.startsWith("a: ")).map((line) => line.split(":")[1])).toEqual([
      " waiting",
      " starting",
      " running",
    ]);
    await t.controller.stop();
  });
});
