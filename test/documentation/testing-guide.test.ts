import { expect, test } from "vitest";
import { runCodeBlock } from "./run-code-block.ts";

test("the tests of the guide to testing pass in Node's own test runner", async () => {
  const { exitCode, output } = await runCodeBlock("docs/guides/testing.md", "heartbeat.test.ts", {
    nodeArgs: ["--test", "--test-reporter=tap"],
    env: { NODE_TEST_CONTEXT: undefined },
  });
  const counted = (what: string) => new RegExp(`^# ${what} (\\d+)$`, "m").exec(output)?.[1];
  expect([exitCode, counted("tests"), counted("fail")], output).toEqual([0, "13", "0"]);
  // The component has no `healthy`, and it says so.
  expect(output).toContain("# SKIP it has no `healthy`");
});
