import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { identifyProcess, isRunning, type ProcessIdentity } from "../../src/child-process/process-identity.ts";
import { identified } from "./identified.ts";
import { numberIn, temporaryDirectory } from "./run-controller.ts";
import { type Fixture, runFixture } from "./run-fixture.ts";

/** The processes of a supervisor that runs. */
async function family(supervisor: Fixture): Promise<readonly [ProcessIdentity, ProcessIdentity, ProcessIdentity]> {
  const line = await supervisor.next("leader=");
  const watchdog = numberIn(await supervisor.next("watchdog="), "watchdog");
  return Promise.all([
    identified(numberIn(line, "leader")),
    identified(numberIn(line, "helper")),
    identified(watchdog),
  ]);
}

async function gone(...processes: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of processes) await expect.poll(() => isRunning(identity), { timeout: 5_000 }).toBe(false);
}

describe("when the supervisor dies", () => {
  test.each(["SIGKILL", "SIGSEGV", "SIGTERM"] as const)(
    "by %s, nothing is left: neither the child, which ignores SIGTERM, nor its helper, nor the watchdog",
    async (signal) => {
      const supervisor = runFixture("supervise.ts");
      const all = await family(supervisor);
      for (const identity of all) expect(await isRunning(identity)).toBe(true);
      await supervisor.end(signal);
      await gone(...all);
    },
  );

  test("children that are stopped in their tracks are ended too", async () => {
    const supervisor = runFixture("supervise.ts");
    const all = await family(supervisor);
    for (const { pid } of all.slice(0, 2)) process.kill(pid, "SIGSTOP");
    await supervisor.end("SIGKILL");
    await gone(...all);
  });

  test("a watchdog that was ended has been replaced by one that knows the children", async () => {
    const supervisor = runFixture("supervise.ts");
    const [leader, helper, watchdog] = await family(supervisor);
    process.kill(watchdog.pid, "SIGKILL");
    await gone(watchdog);
    // It says whom it has now; the first answers may still name the old one.
    let successor = watchdog.pid;
    while (successor === watchdog.pid) {
      supervisor.signal("SIGUSR2");
      successor = numberIn(await supervisor.next("watchdog="), "watchdog");
    }
    expect(await isRunning(leader)).toBe(true);
    await supervisor.end("SIGKILL");
    await gone(leader, helper);
  });

  test("between the making of a process and its watching, the program never begins", async () => {
    const marker = join(await temporaryDirectory(), "begun");
    const holder = runFixture("hold-gate.ts", marker);
    const gated = await identified(numberIn(await holder.next("gated="), "gated"));
    await holder.end("SIGKILL");
    await gone(gated);
    expect(existsSync(marker)).toBe(false);
  });

  test("the watchdog is not ended by what ends a terminal's processes", async () => {
    const supervisor = runFixture("supervise.ts");
    const [leader, helper, watchdog] = await family(supervisor);
    for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT"] as const) process.kill(watchdog.pid, signal);
    supervisor.signal("SIGUSR2");
    expect(numberIn(await supervisor.next("watchdog="), "watchdog")).toBe(watchdog.pid);
    await supervisor.end("SIGKILL");
    await gone(leader, helper, watchdog);
    expect(await identifyProcess(watchdog.pid)).toBeUndefined();
  });
});
