import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { waitUntilStopped } from "../src/stopped-process.ts";

/** A program of several threads that never rest. */
const busy = `
const { Worker } = require("node:worker_threads");
for (let index = 0; index < 3; index++) new Worker("for (;;);", { eval: true });
console.log("ready");
`;

function states(pid: number): string {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks)
    .map((task) => /\) (\S) /.exec(readFileSync(`${tasks}/${task}/stat`, "utf8"))?.[1])
    .join("");
}

test.runIf(process.platform === "linux")("every thread of a process has stopped, which takes its time", async () => {
  const child = spawn(process.execPath, ["-e", busy], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  for (let round = 0; round < 200; round++) {
    child.kill("SIGSTOP");
    waitUntilStopped(child.pid!);
    expect(states(child.pid!)).toMatch(/^T+$/);
    child.kill("SIGCONT");
  }
});

test("a process that is gone is waited for no longer", async () => {
  const child = spawn("true");
  await once(child, "exit");
  const begun = performance.now();
  waitUntilStopped(child.pid!);
  expect(performance.now() - begun).toBeLessThan(500);
});
