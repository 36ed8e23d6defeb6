import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { childProcess } from "@tenure/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { isRunning } from "../../src/child-process/process-identity.ts";
import { identified } from "./identified.ts";
import { numberIn, runController, temporaryDirectory } from "./run-controller.ts";
import { type Fixture, runFixture } from "./run-fixture.ts";

/** Ends supervisor and watchdog in a way that leaves the children. */
async function killWithWatchdog(supervisor: Fixture, watchdog: number): Promise<void> {
  // It would be replaced at once by one that is not stopped.
  supervisor.signal("SIGSTOP");
  process.kill(watchdog, "SIGKILL");
  await supervisor.end("SIGKILL");
}

const sleeper = (stateDirectory: string) =>
  childProcess({ name: "child", command: "sleep", args: ["100"], stateDirectory, restart: { mode: "never" } });

describe("what a crashed predecessor has left", () => {
  test("is ended with its whole group before the new process starts", async () => {
    const directory = await temporaryDirectory();
    const first = runFixture("supervise.ts", directory);
    const line = await first.next("leader=");
    const [leader, helper] = await Promise.all([
      identified(numberIn(line, "leader")),
      identified(numberIn(line, "helper")),
    ]);
    await killWithWatchdog(first, numberIn(await first.next("watchdog="), "watchdog"));
    expect(await isRunning(leader)).toBe(true);
    expect(await isRunning(helper)).toBe(true);

    const second = runFixture("supervise.ts", directory);
    expect(await second.next("warning")).toContain(`ends process ${leader.pid}, which a crashed predecessor has left`);
    const replacement = numberIn(await second.next("leader="), "leader");
    expect(await isRunning(leader)).toBe(false);
    expect(await isRunning(helper)).toBe(false);
    const record = JSON.parse(await readFile(join(directory, "child.json"), "utf8"));
    expect(record).toMatchObject({ process: { pid: replacement }, supervisor: { pid: second.pid } });
    expect(Object.keys(record).sort()).toEqual(["command", "process", "supervisor"]);
  }, 30_000);

  test("is not touched while its supervisor runs", async () => {
    const directory = await temporaryDirectory();
    const first = runFixture("supervise.ts", directory);
    const leader = await identified(numberIn(await first.next("leader="), "leader"));
    const second = runFixture("supervise.ts", directory);
    expect(await second.next("backoff")).toContain("TENURE_CHILD_IN_USE");
    expect(await isRunning(leader)).toBe(true);
    await first.end("SIGKILL");
    // And when it does not any more, the second one takes over.
    expect(numberIn(await second.next("leader="), "leader")).not.toBe(leader.pid);
    expect(await isRunning(leader)).toBe(false);
  });

  test.each([
    ["start", (identity: object) => ({ ...identity, started: "1" })],
    ["boot of the machine", (identity: object) => ({ ...identity, boot: "another" })],
  ])(
    "another process of the same number, told by its %s, is not touched, and the record is dropped",
    async (_, change) => {
      const directory = await temporaryDirectory();
      const stranger = spawn("sleep", ["100"], { detached: true, stdio: "ignore" });
      onTestFinished(() => void stranger.kill("SIGKILL"));
      await once(stranger, "spawn");
      const identity = await identified(stranger.pid!);
      const supervisor = { ...identity, pid: 1, started: "1" };
      const record = { process: change(identity), supervisor, command: "/usr/bin/sleep" };
      await writeFile(join(directory, "child.json"), JSON.stringify(record));
      const t = await runController(sleeper(directory));
      await t.reached("child", "running");
      expect(await isRunning(identity)).toBe(true);
      expect(JSON.parse(await readFile(join(directory, "child.json"), "utf8")).process.pid).not.toBe(stranger.pid);
      await t.controller.stop();
      expect(await isRunning(identity)).toBe(true);
      expect(await readdir(directory)).toEqual([]);
    },
  );

  test.each(["", "{", "null", '{"process":{"pid":-1,"started":"1","boot":""}}'])(
    "a record that is none (%j) is dropped with a warning",
    async (text) => {
      const directory = await temporaryDirectory();
      await writeFile(join(directory, "child.json"), text);
      const t = await runController(sleeper(directory));
      await t.reached("child", "running");
      expect(t.log.filter((entry) => entry.level === "warn").map((entry) => entry.message)).toEqual([
        "dropped a record of a process that is none of Tenure's",
      ]);
    },
  );

  test("a state directory that cannot be used is a failed start that says so", async () => {
    const file = join(await temporaryDirectory(), "file");
    await writeFile(file, "");
    const t = await runController(sleeper(join(file, "directory")));
    expect((await t.reached("child", "failed")).reason.text).toContain("TENURE_CHILD_STATE");
  });

  test("an unasked end leaves a record only until the instance has stopped", async () => {
    const directory = await temporaryDirectory();
    const t = await runController(
      childProcess({ name: "child", command: "false", stateDirectory: directory, restart: { mode: "never" } }),
    );
    await t.reached("child", "failed");
    expect(await readdir(directory)).toEqual([]);
  });
});
