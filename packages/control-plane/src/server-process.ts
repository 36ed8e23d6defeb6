import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "./binaries.ts";
import { ControlPlaneError } from "./control-plane-error.ts";
import { waitUntilStopped } from "./stopped-process.ts";
import type { Watchdog } from "./watchdog.ts";

export interface ServerProcessOptions {
  /** As people know it: "kube-apiserver". */
  readonly name: string;
  readonly command: Command;
  /** The server's own flags. */
  readonly args: readonly string[];
  /** Where the server runs; relative paths in its flags start here. */
  readonly directory: string;
  /** Its standard output and error go here, one run after another. */
  readonly logFile: string;
  /** Asked every 50 ms after a start, until true. A rejection counts as false. */
  readonly ready: () => Promise<boolean>;
  /** Milliseconds from the start within which the server must be ready. */
  readonly readyTimeout: number;
  /** Milliseconds between SIGTERM and SIGKILL when the server is stopped. */
  readonly stopTimeout: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly watchdog: Watchdog;
  /** Told of each new process; the start waits for it. */
  readonly onSpawn?: (pid: number) => Promise<void>;
}

/** How a run of a server ended. One of the two is null. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Run {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  /** Set before `exited` resolves. */
  exit?: ServerExit;
  paused: boolean;
}

/** etcd takes flags from variables too, and those of a cluster that the caller works on are not ours. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ETCD_")));
}

/** How many lines of its log an error about a server shows: of the end, and of the beginning if the log is longer. */
const tailLines = 15;
const headLines = 3;

/**
 * One server of a control plane, with the means to make it fail: stopped in its tracks, ended by force, started again on
 * the same data and the same port. It runs in a process group of its own, so Ctrl-C reaches the starter alone, which then
 * stops the servers in order.
 */
export class ServerProcess {
  readonly #options: ServerProcessOptions;
  #run: Run | undefined;
  /** A spawn under way, which all who ask for one share. */
  #spawning: Promise<void> | undefined;
  /** Where the current run's lines begin in the log. */
  #logStart = 0;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get logFile(): string {
    return this.#options.logFile;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.running ? this.#run?.pid : undefined;
  }

  /** True from the start until the exit, paused or not, ready or not. */
  get running(): boolean {
    return this.#run !== undefined && this.#run.exit === undefined;
  }

  get paused(): boolean {
    return this.running && this.#run?.paused === true;
  }

  /** Resolves when the current run ends, whatever ends it; at once when none runs. Never rejects. */
  get exited(): Promise<ServerExit> {
    return this.#run?.exited ?? Promise.resolve({ code: null, signal: null });
  }

  /**
   * What its current or last run wrote, shortened for an error: the last lines, and the first, as some servers name what is
   * wrong first and then print all their flags.
   */
  logExcerpt(): string {
    const lines = this.#log().split("\n");
    if (lines.length === 1 && lines[0] === "") return `${this.name} wrote nothing.`;
    if (lines.length <= tailLines + headLines) return `${this.name} wrote:\n${lines.join("\n")}`;
    const begin = lines.slice(0, headLines).join("\n");
    return `${this.name} wrote:\n${begin}\n…\n${lines.slice(-tailLines).join("\n")}`;
  }

  /** Starts the server if it does not run, and resolves when its process is there, ready or not. */
  async launch(): Promise<void> {
    if (this.running) return;
    this.#spawning ??= this.#spawn().finally(() => {
      this.#spawning = undefined;
    });
    await this.#spawning;
  }

  /** Starts the server and resolves when it is ready. Does nothing but wait for that when it runs already. */
  async start(): Promise<void> {
    await this.launch();
    await this.#untilReady(this.#run!);
  }

  /** Stops it in its tracks (SIGSTOP), and returns when it has stopped: its connections stay open and nothing is answered. */
  pause(): void {
    const run = this.#runningOrThrow("paused");
    run.paused = this.#signal("SIGSTOP");
    if (run.paused) waitUntilStopped(run.pid);
  }

  /** Lets a paused server go on (SIGCONT). Does nothing to one that is not paused. */
  resume(): void {
    const run = this.#runningOrThrow("resumed");
    if (this.#signal("SIGCONT")) run.paused = false;
  }

  /** Ends it by force (SIGKILL), paused or not, and resolves when it is gone. Does nothing when it does not run. */
  async kill(): Promise<void> {
    if (!this.running) return;
    this.#signal("SIGKILL");
    await this.exited;
  }

  /** Asks it to end (SIGTERM), ends it by force after the stop timeout, and resolves when it is gone. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run === undefined || run.exit !== undefined) return;
    this.#signal("SIGTERM");
    this.#signal("SIGCONT"); // a stopped process takes no notice of SIGTERM until it is continued
    const patience = new AbortController();
    const late = delay(this.#options.stopTimeout, "late" as const, { signal: patience.signal }).catch(() => undefined);
    if ((await Promise.race([run.exited, late])) === "late") this.#signal("SIGKILL");
    patience.abort();
    await run.exited;
  }

  /** Stops it if it runs, starts it again with the same flags, port and data, and resolves when it is ready. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  #runningOrThrow(asked: string): Run {
    if (this.running) return this.#run!;
    throw new ControlPlaneError(
      "CONTROL_PLANE_NOT_RUNNING",
      `${this.name} cannot be ${asked}: it does not run.`,
      "Start it first, with start() or restart().",
    );
  }

  #signal(signal: NodeJS.Signals): boolean {
    return this.#run?.child.kill(signal) ?? false;
  }

  async #spawn(): Promise<void> {
    const { command, args, directory, env, logFile, watchdog, onSpawn } = this.#options;
    const log = openSync(logFile, "a", 0o600);
    this.#logStart = statSync(logFile).size;
    let child: ChildProcess;
    try {
      child = spawn(command.file, [...command.args, ...args], {
        cwd: directory,
        env: { ...inheritedEnvironment(), ...env, TENURE_EXIT_WITH_STDIN: "1" },
        detached: true,
        // Nothing is ever written to the pipe. Our own servers end when it closes, which the kernel sees to.
        stdio: ["pipe", log, log],
      });
    } finally {
      closeSync(log);
    }
    child.stdin?.on("error", () => {});
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("spawn", () => resolve(child.pid!));
      child.once("error", (cause) =>
        reject(
          new ControlPlaneError(
            "CONTROL_PLANE_START_FAILED",
            `${this.name} could not be started: ${cause.message}`,
            `Look whether ${command.file} is a program for this machine.`,
            { cause },
          ),
        ),
      );
    });
    watchdog.watch(pid);
    const run: Run = {
      child,
      pid,
      paused: false,
      exited: new Promise((resolve) => {
        child.once("exit", (code, signal) => {
          watchdog.forget(pid);
          run.exit = { code, signal };
          resolve(run.exit);
        });
      }),
    };
    this.#run = run;
    await onSpawn?.(pid);
  }

  async #untilReady(run: Run): Promise<void> {
    const { ready, readyTimeout } = this.#options;
    const deadline = performance.now() + readyTimeout;
    for (;;) {
      if (run.exit !== undefined) throw this.#failure(run.exit);
      if (await ready().catch(() => false)) return;
      if (performance.now() > deadline) {
        throw new ControlPlaneError(
          "CONTROL_PLANE_START_TIMEOUT",
          `${this.name} was not ready within ${readyTimeout / 1_000} s. ${this.logExcerpt()}`,
          "A slow machine may need a longer readyTimeout. With a dataDirectory of your own the whole log is kept.",
        );
      }
      await Promise.race([run.exited, delay(50)]);
    }
  }

  #log(): string {
    if (!existsSync(this.logFile)) return "";
    return readFileSync(this.logFile).subarray(this.#logStart).toString("utf8").trimEnd();
  }

  #failure(exit: ServerExit): ControlPlaneError {
    const how = exit.signal === null ? `ended with code ${exit.code}` : `was ended by ${exit.signal}`;
    const portTaken = /address already in use/i.test(this.#log());
    return new ControlPlaneError(
      portTaken ? "CONTROL_PLANE_PORT_TAKEN" : "CONTROL_PLANE_START_FAILED",
      `${this.name} ${how} before it was ready. ${this.logExcerpt()}`,
      portTaken
        ? "Another program uses its port. End that program, or start anew on another port."
        : "Look at what it wrote above, and at the flags it was given.",
    );
  }
}
