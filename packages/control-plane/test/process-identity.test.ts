import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { defaultProcfs, identifyProcess, isRunning } from "../src/process-identity.ts";

describe.each([
  ["/proc", defaultProcfs],
  ["ps", ""],
])("a process, as %s tells of it", (_, procfs) => {
  test("is the same for whoever asks, in whatever zone and language, and another one of its number is not", async () => {
    const child = spawn("sleep", ["100"], { stdio: "ignore" });
    onTestFinished(() => void child.kill("SIGKILL"));
    onTestFinished(() => void vi.unstubAllEnvs());
    await once(child, "spawn");
    const identities = [];
    for (const zone of ["Asia/Tokyo", "America/New_York"]) {
      vi.stubEnv("TZ", zone);
      identities.push(await identifyProcess(child.pid!, procfs));
    }
    const [first, second] = identities;
    expect(first?.started).toMatch(/\d/);
    expect(second).toEqual(first);
    expect(await isRunning(first!, procfs)).toBe(true);
    expect(await isRunning({ ...first!, started: "then" }, procfs)).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await isRunning(first!, procfs)).toBe(false);
  });
});
