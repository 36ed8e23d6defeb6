import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { exitCode } from "@tenure/core";
import { afterEach, describe, expect, test } from "vitest";

const fixture = join(import.meta.dirname, "fixtures/run-controller.ts");

/** A controller in a process of its own, line by line. */
class ControllerUnderTest {
  readonly lines: string[] = [];
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  #waiting: (() => void)[] = [];
  #over = false;

  constructor(fault: string) {
    this.process = spawn(process.execPath, ["--conditions=@tenure/source", fixture, fault], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: this.process.stdout! }).on("line", (line) => {
      this.lines.push(line);
      for (const look of this.#waiting.splice(0)) look();
    });
    this.exited = once(this.process, "close").then(([code]) => {
      this.#over = true;
      return code;
    });
  }

  /** Resolves when it has said it. */
  async said(text: string): Promise<void> {
    while (!this.lines.some((line) => line.includes(text))) {
      if (this.#over) throw new Error(`it ended after: ${this.lines.join(", ")}`);
      await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), this.exited]);
    }
  }
}

const begun: ControllerUnderTest[] = [];

function run(fault: string): ControllerUnderTest {
  const controller = new ControllerUnderTest(fault);
  begun.push(controller);
  return controller;
}

afterEach(async () => {
  for (const { process, exited } of begun.splice(0)) {
    process.kill("SIGKILL");
    await exited;
  }
});

describe("run", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("stops in reverse at %s, and returns the exit code", async (signal) => {
    const controller = run("calm");
    await controller.said("start faulty 1");
    controller.process.kill(signal);
    expect(await controller.exited).toBe(exitCode.ok);
    const lines = controller.lines.filter((line) => !line.startsWith("heard"));
    expect(lines).toEqual(["start below", "start faulty 1", "stop faulty", "stop below", "over 0"]);
  });

  test("a second signal ends the process at once", async () => {
    const controller = run("slow");
    await controller.said("start faulty 1");
    controller.process.kill("SIGINT");
    await controller.said("stop faulty");
    controller.process.kill("SIGTERM");
    expect(await controller.exited).toBe(exitCode.forced);
    expect(controller.lines).not.toContain("stop below");
  });

  test("the first signal during a shutdown of its own accord does not end it, a second one does", async () => {
    const controller = run("stops");
    await controller.said("stop faulty");
    controller.process.kill("SIGTERM");
    await controller.said("heard SIGTERM");
    expect(controller.process.exitCode).toBeNull();
    controller.process.kill("SIGINT");
    expect(await controller.exited).toBe(exitCode.forced);
  });

  test("the same signal counts once within half a second, as a terminal and a package runner both pass it on", async () => {
    const controller = run("slow");
    await controller.said("start faulty 1");
    controller.process.kill("SIGINT");
    await controller.said("stop faulty");
    controller.process.kill("SIGINT");
    await controller.said("SIGINT again");
    const again = setInterval(() => controller.process.kill("SIGINT"), 100);
    expect(await controller.exited).toBe(exitCode.forced);
    clearInterval(again);
  });

  test("a stop that hangs ends the process with its own code, and says who hangs in what", async () => {
    const controller = run("hangs");
    await controller.said("start faulty 1");
    controller.process.kill("SIGTERM");
    expect(await controller.exited).toBe(exitCode.stuck);
    expect(controller.lines).toContain("stop below");
    expect(controller.lines.at(-1)).toContain('"faulty" did not stop: the stop of "faulty" has not settled');
  });

  test.each([
    ["rejects", "nobody awaits this"],
    ["throws", "nobody catches this"],
  ])("an error that nobody handles (%s) is the failure of the component that it came from", async (fault, text) => {
    const controller = run(fault);
    await controller.said("start faulty 2");
    expect(controller.lines).toContain("stop faulty");
    expect(controller.lines.find((line) => line.startsWith("backoff faulty"))).toContain(text);
    expect(controller.lines).not.toContain("stop below");
    controller.process.kill("SIGTERM");
    expect(await controller.exited).toBe(exitCode.ok);
  });

  test("a flood of errors that nobody handles, which keeps everything else from running, ends the process", async () => {
    const controller = run("floods");
    expect(await controller.exited).toBe(exitCode.unhandled);
  });

  test("an error that is of no component ends the process in order, with its own code", async () => {
    const controller = run("nobody");
    expect(await controller.exited).toBe(exitCode.unhandled);
    expect(controller.lines.slice(-3)).toEqual(["stop faulty", "stop below", `over ${exitCode.unhandled}`]);
  });
});
