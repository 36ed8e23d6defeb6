import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { namedCodeBlocks } from "./code-block.ts";

test("the tests of the guide to testing pass in Node's own test runner", async () => {
  // Inside the workspace, so that the packages are found as a user's are.
  const directory = await mkdtemp(join(import.meta.dirname, "example-"));
  try {
    const file = join(directory, "heartbeat.test.ts");
    await writeFile(file, (await namedCodeBlocks("docs/guides/testing.md")).get("heartbeat.test.ts") ?? "");
    const args = ["--conditions=@tenure/source", "--test", "--test-reporter=tap", file];
    const child = spawn(process.execPath, args, { env: { ...process.env, NODE_TEST_CONTEXT: undefined } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        output += String(bytes);
      });
    }
    const [exitCode] = await once(child, "close");
    expect([exitCode, /^# tests (\d+)$/m.exec(output)?.[1], /^# fail (\d+)$/m.exec(output)?.[1]], output).toEqual([
      0,
      "13",
      "0",
    ]);
    // The component has no `healthy`, and it says so.
    expect(output).toContain("# SKIP it has no `healthy`");
  } finally {
    await rm(directory, { recursive: true });
  }
});
