import { childProcess, type Logger, silentLogger, systemClock } from "@tenure/core";
import { startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { groupRuns, isRunning } from "../../src/child-process/process-identity.ts";
import { identified } from "./identified.ts";
import { numberIn, runController } from "./run-controller.ts";

const openPipes = () => process.getActiveResourcesInfo().filter((kind) => kind === "PipeWrap").length;

const started = { output: /pid=/ };

describe("the stop of a child process", () => {
  test("asks with SIGTERM and waits for a stop of its own", async () => {
    const script =
      'trap "echo cleaning up; sleep 0.2; echo clean; exit 0" TERM; echo pid=$$; while :; do sleep 0.01; done';
    const t = await runController(childProcess({ name: "a", command: "sh", args: ["-c", script], ready: started }));
    await t.reached("a", "running");
    await t.controller.stop();
    expect(
      t.log
        .filter((entry) => entry.stream === "stdout")
        .slice(1)
        .map((entry) => entry.message),
    ).toEqual(["cleaning up", "clean"]);
    expect(t.transitions.at(-1)).toMatchObject({ to: "idle", reason: { code: "shutdown" } });
  });

  test("asks with the signal that was chosen", async () => {
    const script = 'trap "echo quit; exit 0" QUIT; trap "" TERM; echo pid=$$; while :; do sleep 0.01; done';
    const t = await runController(
      childProcess({ name: "a", command: "sh", args: ["-c", script], ready: started, stopSignal: "SIGQUIT" }),
    );
    await t.reached("a", "running");
    await t.controller.stop();
    expect(t.log.map((entry) => entry.message)).toContain("quit");
  });

  test("ends by force who ignores that, before its deadline, and everything in its group", async () => {
    const script = 'trap "" TERM; sleep 100 & echo helper=$!; echo pid=$$; while :; do sleep 100; done';
    const t = await runController(
      childProcess({ name: "a", command: "sh", args: ["-c", script], ready: started, stopTimeout: 2_000 }),
    );
    const leader = await identified(numberIn(await t.lineWith("a", "pid="), "pid"));
    const helper = await identified(numberIn(await t.lineWith("a", "helper="), "helper"));
    await t.reached("a", "running");
    const before = systemClock.now();
    await t.controller.stop();
    const took = systemClock.now() - before;
    expect(took).toBeGreaterThanOrEqual(1_590);
    expect(took).toBeLessThan(2_000);
    expect(t.transitions.map((event) => event.to)).not.toContain("stuck");
    expect(await isRunning(helper)).toBe(false);
    expect(await groupRuns(leader.pid)).toBe(false);
  });

  test("waits for the grandchildren after their leader has ended, and forces them", async () => {
    // The helper ignores the request; its parent does not.
    const script = `sh -c 'trap "" TERM; echo helper=$$; while :; do sleep 100; done' & echo pid=$$; wait`;
    const t = await runController(
      childProcess({
        name: "a",
        command: "sh",
        args: ["-c", script],
        ready: { output: /helper=/ },
        stopTimeout: 1_500,
      }),
    );
    const helper = await identified(numberIn(await t.lineWith("a", "helper="), "helper"));
    const leader = await identified(numberIn(await t.lineWith("a", "pid="), "pid"));
    await t.reached("a", "running");
    const stopped = t.controller.stop();
    await expect.poll(() => isRunning(leader)).toBe(false);
    expect(await isRunning(helper)).toBe(true);
    await stopped;
    expect(await isRunning(helper)).toBe(false);
  });

  test("reaches one that is stopped in its tracks", async () => {
    const script = 'trap "echo bye; exit 0" TERM; echo pid=$$; while :; do sleep 0.01; done';
    const t = await runController(childProcess({ name: "a", command: "sh", args: ["-c", script], ready: started }));
    await t.reached("a", "running");
    process.kill(numberIn(await t.lineWith("a", "pid="), "pid"), "SIGSTOP");
    await t.controller.stop();
    expect(t.log.map((entry) => entry.message)).toContain("bye");
  });

  test("is not held up by who has left the group and keeps its output open", async () => {
    const script = "setsid sh -c 'echo stray=$$; exec sleep 100' & echo pid=$$; exec sleep 100";
    const t = await runController(
      childProcess({ name: "a", command: "sh", args: ["-c", script], ready: { output: /stray=/ }, stopTimeout: 5_000 }),
    );
    const stray = numberIn(await t.lineWith("a", "stray="), "stray");
    await t.reached("a", "running");
    const before = { time: systemClock.now(), pipes: openPipes() };
    await t.controller.stop();
    expect(systemClock.now() - before.time).toBeLessThan(2_000);
    // Standard output and error.
    await expect.poll(() => before.pipes - openPipes()).toBe(2);
    process.kill(stray, "SIGKILL");
  });

  test("waits for what was written last no longer than half of what is left to its deadline", async () => {
    const script = "setsid sh -c 'echo stray=$$; exec sleep 100' & exec sleep 100";
    const stray = Promise.withResolvers<number>();
    const logger: Logger = {
      ...silentLogger,
      info: (_, line) => line.startsWith("stray=") && stray.resolve(numberIn(line, "stray")),
    };
    const a = childProcess({
      name: "a",
      command: "sh",
      args: ["-c", script],
      ready: { output: /stray=/ },
      stopTimeout: 60,
    });
    const t = await startTestController({ components: [a], logger });
    await t.until("a", "running");
    const stopped = t.stop();
    // By the clock the process has ended at once: 60 ms are left, and a writer that has left the group holds its output open.
    await expect.poll(() => (t.clock.nextTimer ?? 0) - t.clock.now()).toBe(30);
    await t.clock.advance(30);
    expect(await stopped).toBe(0);
    process.kill(await stray.promise, "SIGKILL");
  });
});
