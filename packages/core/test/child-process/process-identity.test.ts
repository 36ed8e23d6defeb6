import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { promisify } from "node:util";
import { systemClock } from "@tenure/core";
import { describe, expect, test } from "vitest";
import { endGroup } from "../../src/child-process/process-group.ts";
import { defaultProcfs, groupRuns, identifyProcess, isRunning } from "../../src/child-process/process-identity.ts";
import { temporaryDirectory } from "./run-controller.ts";

describe.each([
  ["/proc", defaultProcfs],
  ["ps", ""],
])("processes, as %s tells of them", (_, procfs) => {
  test("are identified while they run, and not afterwards", async () => {
    const child = spawn("sleep", ["100"], { detached: true, stdio: "ignore" });
    await once(child, "spawn");
    const identity = (await identifyProcess(child.pid!, procfs))!;
    expect(identity.pid).toBe(child.pid);
    expect(identity.started).toMatch(/\d/);
    expect(await isRunning(identity, procfs)).toBe(true);
    expect(await isRunning({ ...identity, started: "then" }, procfs)).toBe(false);
    expect(await groupRuns(child.pid!, procfs)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await isRunning(identity, procfs)).toBe(false);
    expect(await groupRuns(child.pid!, procfs)).toBe(false);
  });

  test("a group of which only a zombie is left does not run", async () => {
    // Its parent never collects it, as the first process of a container may not. The shell would: it has become something else before.
    const holder = spawn("sh", ["-c", "setsid cat <&3 >&2 & echo $!; exec sleep 100"], {
      stdio: ["ignore", "pipe", "ignore", "pipe"],
    });
    const [line] = await once(holder.stdout!, "data");
    const zombie = Number(String(line));
    const nameOf = async (pid: number) =>
      (await promisify(execFile)("ps", ["-o", "comm=", "-p", String(pid)])).stdout.trim();
    await expect.poll(() => nameOf(holder.pid!)).toBe("sleep");
    (holder.stdio[3] as Writable).end();
    await expect.poll(() => identifyProcess(zombie, procfs)).toBeUndefined();
    expect(() => process.kill(zombie, 0)).not.toThrow();
    expect(await groupRuns(zombie, procfs)).toBe(false);
    holder.kill("SIGKILL");
    await once(holder, "exit");
  });
});

test("a program's name may hold anything", async () => {
  const procfs = await temporaryDirectory();
  await mkdir(join(procfs, "42"));
  const rest = `S 1 42 42${" 0".repeat(15)} 4711 0 0`;
  await writeFile(join(procfs, "42", "stat"), `42 (a ) R 9\n(b) ${rest}\n`);
  expect(await identifyProcess(42, procfs)).toEqual({ pid: 42, started: "4711", boot: "" });
});

test("a group whose number another leader has by now is neither signalled nor waited for", async () => {
  const stranger = spawn("sleep", ["100"], { detached: true, stdio: "ignore" });
  await once(stranger, "spawn");
  const identity = (await identifyProcess(stranger.pid!))!;
  const ending = { signal: "SIGTERM", killAt: systemClock.now(), clock: systemClock } as const;
  expect(await endGroup({ ...identity, started: "1" }, ending)).toBe(true);
  expect(await isRunning(identity)).toBe(true);
  expect(await endGroup(identity, ending)).toBe(true);
  expect(await isRunning(identity)).toBe(false);
});
