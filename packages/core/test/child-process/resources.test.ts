import { readdir } from "node:fs/promises";
import { childProcess } from "@tenure/core";
import { expect, test } from "vitest";
import { runController, temporaryDirectory } from "./run-controller.ts";

/** What this process holds: file descriptors, what keeps its event loop alive, and listeners on itself. */
async function held(): Promise<{ readonly files: number; readonly resources: number; readonly listeners: number }> {
  return {
    files: (await readdir("/proc/self/fd").catch(() => [])).length,
    resources: process.getActiveResourcesInfo().length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

test("a hundred restarts of a child process leave no file descriptor, timer, process or listener", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on("warning", note);
  const before = await held();
  const t = await runController(
    childProcess({
      name: "a",
      command: "sh",
      args: ["-c", "echo ready; exit 1"],
      ready: { output: /ready/ },
      stateDirectory: await temporaryDirectory(),
      restart: { backoff: { base: 0, jitter: 0 } },
    }),
  );
  await new Promise<void>((resolve) => {
    const end = t.controller.on("component.stopping", ({ instance }) => {
      if (instance <= 100) return;
      end();
      resolve();
    });
  });
  await t.controller.stop();
  // Handles that are being closed are closed in the next turns of the event loop.
  await expect.poll(held, { timeout: 5_000 }).toEqual(before);
  expect(warnings).toEqual([]);
  process.off("warning", note);
}, 60_000);
