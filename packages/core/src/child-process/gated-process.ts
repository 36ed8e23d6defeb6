import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Duplex, Readable } from "node:stream";
import { ChildProcessError, type ChildProcessExit } from "./child-process-error.ts";
import type { Command } from "./command.ts";

/**
 * Waits for a line on file descriptor 3, then becomes the program: same process, same start. When we die before we have written the
 * line, the descriptor ends and so does this.
 */
const gate = 'read -r go <&3 && exec "$@" 3<&-';

/**
 * A process that runs nothing yet: between its making and `open`, it is put under the watchdog and written down. So there is no
 * moment at which a program of ours runs and nobody would end it after us. It leads a session and process group of its own.
 */
export class GatedProcess {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has ended, whatever it left behind. Never rejects. */
  readonly exited: Promise<ChildProcessExit>;
  /** Resolves when it has ended and all that it wrote was read, or `abandon` was called. */
  readonly closed: Promise<void>;
  readonly #gate: Duplex;
  #exit: ChildProcessExit | undefined;

  private constructor(child: ChildProcess, pid: number) {
    this.pid = pid;
    const [, stdout, stderr, gateway] = child.stdio;
    this.stdout = stdout as Readable;
    this.stderr = stderr as Readable;
    this.#gate = gateway as Duplex;
    // It is gone before we could open the gate: its exit tells.
    this.#gate.on("error", () => {});
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
    this.closed = new Promise((resolve) => child.once("close", () => resolve()));
  }

  /** Undefined while it runs. */
  get exit(): ChildProcessExit | undefined {
    return this.#exit;
  }

  /** @throws ChildProcessError TENURE_CHILD_START_FAILED when the system makes no process. */
  static async make({ file, args, env, cwd }: Command): Promise<GatedProcess> {
    try {
      const child = spawn("/bin/sh", ["-c", gate, "sh", file, ...args], {
        detached: true,
        stdio: ["ignore", "pipe", "pipe", "pipe"],
        env,
        cwd,
      });
      // Without a number there is no process, and an error follows.
      if (child.pid === undefined) throw (await once(child, "error"))[0];
      return new GatedProcess(child, child.pid);
    } catch (cause) {
      throw new ChildProcessError(`${file} cannot be started`, {
        code: "TENURE_CHILD_START_FAILED",
        remedy:
          "Look whether the machine has processes, memory and file descriptors left, and at the length of the arguments.",
        command: file,
        cause,
      });
    }
  }

  /** From now on it is the program. Its exit tells when that failed. */
  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#gate.end("go\n", () => resolve()));
    this.#gate.destroy();
  }

  /** Closes our ends of its pipes: what has left the group with a copy of them keeps them open otherwise. A second call does nothing. */
  abandon(): void {
    this.stdout.destroy();
    this.stderr.destroy();
    this.#gate.destroy();
  }
}
