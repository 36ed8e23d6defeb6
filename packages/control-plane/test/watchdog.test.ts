import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { identifyProcess } from "../src/process-identity.ts";
import { Watchdog } from "../src/watchdog.ts";
import { runScript } from "./child-script.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

describe("the watchdog", () => {
  test("ends what is guarded, though it is stopped, and removes the folder, when its starter is killed", async () => {
    const directory = join(await temporaryDirectory(), "with a blank");
    await mkdir(directory);
    await writeFile(join(directory, "file"), "");
    const script = runScript("hold-watchdog.ts", [directory]);
    const { guarded, forgotten } = JSON.parse(await script.lineWith("guarded"));
    expect(await identifyProcess(guarded)).toBeDefined();
    script.child.kill("SIGKILL");
    await expect.poll(() => identifyProcess(guarded), { timeout: 5_000 }).toBeUndefined();
    await expect.poll(() => existsSync(directory), { timeout: 5_000 }).toBe(false);
    // It was reported as ended, so its number might be another's by now.
    expect(await identifyProcess(forgotten)).toBeDefined();
    process.kill(forgotten, "SIGKILL");
  });

  test.each([
    ["leads it no more, and its members live", undefined, true],
    ["leads it still", "4711", true],
    ["has given its number to another", "4712", false],
  ])("when its starter is killed and the leader of a group %s, ends it: %s %s", async (_, startedThen, isEnded) => {
    const procfs = await temporaryDirectory();
    const member = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
    onTestFinished(() => void member.kill("SIGKILL"));
    await once(member, "spawn");
    const ended = once(member, "exit");
    const told = join(procfs, String(member.pid), "stat");
    await mkdir(join(procfs, String(member.pid)));
    // A pipe, so that it is known when the watchdog has looked.
    await promisify(execFile)("mkfifo", [told]);
    const guarded = await temporaryDirectory();
    const script = runScript("watch-process.ts", [procfs, String(member.pid), guarded]);
    await script.lineWith("watching");
    await writeFile(told, stat(member.pid!, "4711"));
    await rm(told);
    if (startedThen !== undefined) await writeFile(told, stat(member.pid!, startedThen));
    script.child.kill("SIGKILL");
    if (isEnded) expect((await ended)[1]).toBe("SIGKILL");
    // It removes the folder last.
    await expect.poll(() => existsSync(guarded), { timeout: 5_000 }).toBe(false);
    expect(await identifyProcess(member.pid!)).toEqual(isEnded ? undefined : expect.anything());
  });

  test("knows a leader by what ps tells of it, too", async () => {
    const member = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
    onTestFinished(() => void member.kill("SIGKILL"));
    await once(member, "spawn");
    const ended = once(member, "exit");
    const script = runScript("watch-process.ts", ["", String(member.pid), await temporaryDirectory()]);
    await script.lineWith("watching");
    script.child.kill("SIGKILL");
    expect((await ended)[1]).toBe("SIGKILL");
  });

  test("touches nothing when it is dismissed", async () => {
    const directory = await temporaryDirectory();
    const watchdog = await Watchdog.start();
    watchdog.removeDirectory(directory);
    await watchdog.dismiss();
    await watchdog.dismiss();
    expect(existsSync(directory)).toBe(true);
  });
});

/** As Linux describes a process; the name of a program may hold anything. */
function stat(pid: number, started: string): string {
  return `${pid} (a ) R 9\n(b) S 1 ${pid} ${pid}${" 0".repeat(15)} ${started} 0 0\n`;
}
