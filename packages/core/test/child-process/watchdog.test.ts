import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { defaultProcfs, identifyProcess, isRunning } from "../../src/child-process/process-identity.ts";
import { Watchdog } from "../../src/child-process/watchdog.ts";
import { identified } from "./identified.ts";

/** A process that leads a group. */
async function leader() {
  const child = spawn("sleep", ["100"], { detached: true, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  return { child, pid: child.pid!, ended: once(child, "exit") };
}

/** Dies as if we had: its input ends while it still watches. */
async function orphan(watchdog: Watchdog): Promise<void> {
  const shell = await watchdog.shell();
  const ended = once(shell!, "exit");
  shell?.stdin?.end();
  await ended;
}

// With /proc, as on Linux, and with what every system has.
describe.each([
  ["/proc", defaultProcfs],
  ["ps", ""],
])("the watchdog, which knows processes from %s", (_, procfs) => {
  test("ends what it watches, and not what it has forgotten or another process of the same number", async () => {
    const [watched, forgotten, recycled] = await Promise.all([leader(), leader(), leader()]);
    const watchdog = new Watchdog(procfs);
    for (const { pid } of [watched, forgotten]) await watchdog.watch((await identifyProcess(pid, procfs))!);
    const now = (await identifyProcess(recycled.pid, procfs))!;
    await watchdog.watch({ ...now, started: `${now.started.slice(0, -1)}${now.started.endsWith("1") ? 2 : 1}` });
    watchdog.forget(forgotten.pid);
    await orphan(watchdog);
    expect((await watched.ended)[1]).toBe("SIGKILL");
    expect(await isRunning(await identified(forgotten.pid))).toBe(true);
    expect(await isRunning(await identified(recycled.pid))).toBe(true);
  });

  test("is there while something is watched, and is one for all", async () => {
    const watchdog = new Watchdog(procfs);
    expect(await watchdog.shell()).toBeUndefined();
    const leaders = await Promise.all([leader(), leader(), leader()]);
    const shells = await Promise.all(
      leaders.map(async ({ pid }) => {
        await watchdog.watch((await identifyProcess(pid, procfs))!);
        return watchdog.shell();
      }),
    );
    expect(new Set(shells).size).toBe(1);
    const [shell] = shells;
    const ended = once(shell!, "exit");
    for (const { pid } of leaders) watchdog.forget(pid);
    expect(await watchdog.shell()).toBeUndefined();
    expect(await ended).toEqual([0, null]);
    for (const { child } of leaders) expect(child.exitCode ?? child.signalCode).toBeNull();
  });
});
