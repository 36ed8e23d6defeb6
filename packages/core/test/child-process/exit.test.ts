import { ChildProcessError, type ComponentContext, childProcess, systemClock } from "@tenure/core";
import { describe, expect, test } from "vitest";
import { ChildProcessComponent } from "../../src/child-process/child-process-component.ts";
import { isRunning } from "../../src/child-process/process-identity.ts";
import { createProcessTerm } from "../../src/term/term.ts";
import { identified } from "./identified.ts";
import { numberIn, runController, temporaryDirectory } from "./run-controller.ts";

const soon = { restart: { backoff: { base: 1, jitter: 0 } } } as const;

describe("the end of a child process that nobody asked for", () => {
  test("is a crash with its exit code and its last lines, and a new process follows by the restart policy", async () => {
    const script = 'echo pid=$$; [ -e "$1" ] && exec sleep 100; : >"$1"; echo out of luck >&2; exit 7';
    const marker = `${await temporaryDirectory()}/second`;
    const t = await runController(
      childProcess({
        name: "a",
        command: "sh",
        args: ["-c", script, "sh", marker],
        // With this flag, it would remember where it matched in the first process.
        ready: { output: /pid=/g },
        ...soon,
      }),
    );
    const { reason } = await t.reached("a", "backoff");
    expect(reason.text).toMatch(/ended with exit code 7.*out of luck/);
    expect((await t.reached("a", "running")).instance).toBe(2);
    const pids = t.log.filter((entry) => entry.stream === "stdout").map((entry) => numberIn(entry.message, "pid"));
    expect(new Set(pids).size).toBe(2);
  });

  test("by a signal is a crash that names the signal", async () => {
    const t = await runController(
      childProcess({ name: "a", command: "sleep", args: ["100"], restart: { mode: "never" } }),
    );
    await t.reached("a", "running");
    const pid = numberIn(JSON.stringify(t.log).replace(/.*"pid":(\d+).*/, "pid=$1"), "pid");
    process.kill(pid, "SIGKILL");
    const { reason } = await t.reached("a", "failed");
    expect(reason.text).toContain("TENURE_CHILD_EXITED");
    expect(reason.text).toContain("was ended by SIGKILL; it wrote nothing");
  });

  test("ends what it left in its group before a new one starts", async () => {
    const script = 'trap "" TERM; sleep 100 & echo helper=$!; sleep 100 & echo ready; kill -KILL $$';
    const t = await runController(
      childProcess({
        name: "a",
        command: "sh",
        args: ["-c", script],
        ready: { output: /helper/ },
        restart: { mode: "never" },
        stopTimeout: 1_500,
      }),
    );
    const helper = await identified(numberIn(await t.lineWith("a", "helper="), "helper"));
    await t.reached("a", "failed");
    expect(await isRunning(helper)).toBe(false);
  });

  test("with exit code 0 is a failure unless it is said to be done", async () => {
    const command = { command: "sh", args: ["-c", "exit 0"] };
    const t = await runController(
      childProcess({ name: "server", ...command, restart: { mode: "never" } }),
      childProcess({ name: "job", ...command, exitZero: "done" }),
      childProcess({ name: "failing-job", command: "false", exitZero: "done", restart: { mode: "never" } }),
    );
    expect((await t.reached("server", "failed")).reason.text).toContain("ended with exit code 0");
    expect((await t.reached("job", "idle")).reason.code).toBe("done");
    expect((await t.reached("failing-job", "failed")).reason.text).toContain("ended with exit code 1");
    expect(t.transitions.filter((event) => event.component === "job").map((event) => event.to)).toContain("running");
  });

  test("of a job right after it was ready is its success, not a failed start", async () => {
    const script = "printf 'all done'";
    const t = await runController(
      childProcess({ name: "job", command: "sh", args: ["-c", script], ready: { output: /done/ }, exitZero: "done" }),
    );
    await t.reached("job", "idle");
    expect(t.transitions.map((event) => event.to)).toEqual(["waiting", "starting", "running", "stopping", "idle"]);
  });

  test("is told as an error with a code, the command, the exit and the last lines, and no argument or variable", async () => {
    const failed = Promise.withResolvers<unknown>();
    const secret = "correct-horse";
    const component = new ChildProcessComponent(
      {
        command: "sh",
        args: ["-c", "for i in $(seq 30); do echo line $i; done; exit 4", secret],
        env: { PASSWORD: secret },
      },
      { term: createProcessTerm("test", systemClock).term, clock: systemClock },
    );
    const lines: unknown[] = [];
    const note = (...line: unknown[]) => void lines.push(line);
    const context = {
      name: "a",
      signal: new AbortController().signal,
      logger: { debug: note, info: note, warn: note, error: note },
      fail: failed.resolve,
    };
    await component.start(context as unknown as ComponentContext);
    const error = await failed.promise;
    await component.stop({ reason: "failed", deadline: systemClock.now() + 1_000 });
    expect(error).toBeInstanceOf(ChildProcessError);
    expect(error).toMatchObject({ code: "TENURE_CHILD_EXITED", exitCode: 4, signal: null });
    const { command, lastLines, remedy, message } = error as ChildProcessError;
    expect(command).toMatch(/\/sh$/);
    expect(lastLines).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index + 11}`));
    expect(remedy).not.toBe("");
    expect(JSON.stringify([message, lines])).not.toContain(secret);
    expect(component.pid).toBeUndefined();
  });

  test("leader-scoped: a new process for each term, none between them", async () => {
    const t = await runController(
      childProcess({ name: "a", scope: "leader", command: "sh", args: ["-c", "echo pid=$$; exec sleep 100"] }),
    );
    t.lease.grant();
    const first = await identified(numberIn(await t.lineWith("a", "pid="), "pid"));
    await t.reached("a", "running");
    t.lease.drain();
    await t.reached("a", "idle");
    expect(await isRunning(first)).toBe(false);
    t.lease.grant();
    expect((await t.next("a", "running")).term).toBe(2);
  });
});
