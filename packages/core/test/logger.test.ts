import { spawn } from "node:child_process";
import { once } from "node:events";
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
});
