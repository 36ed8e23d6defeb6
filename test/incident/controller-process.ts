import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import type { DistributionStatus } from "@tenure/example-distribution/status";

export interface ControllerProcessOptions {
  /** Of this controller: its node, and its name in the recorder's findings. */
  readonly name: string;
  readonly kubeconfig: string;
  readonly manifests: string;
  readonly config: string;
  /** Where its log goes. */
  readonly logFile: string;
  readonly recorderPort?: number;
}

const main = new URL("../../examples/distribution/src/main.ts", import.meta.url).pathname;

/** One controller of the example distribution as a process of its own. */
export class ControllerProcess {
  readonly name: string;
  /** Where its snapshot is served. */
  readonly statusUrl: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;

  private constructor(name: string, statusUrl: string, child: ChildProcess, exit: Promise<number | null>) {
    this.name = name;
    this.statusUrl = statusUrl;
    this.#child = child;
    this.#exit = exit;
  }

  /** Resolves when the process serves its status; it may not lead yet. Rejects, with the log's place, when it ends before. */
  static async start(options: ControllerProcessOptions): Promise<ControllerProcess> {
    const { name } = options;
    const log = openSync(options.logFile, "a");
    const child = spawn(
      process.execPath,
      [
        "--conditions=@tenure/source",
        main,
        ...["--kubeconfig", options.kubeconfig, "--manifests", options.manifests],
        ...["--config", options.config, "--node", name],
        ...(options.recorderPort === undefined ? [] : ["--report-lives-to", String(options.recorderPort)]),
      ],
      // A process group of its own, so that a Ctrl-C is for whoever started it, who then asks it to stop; a channel, whose end it notices.
      { stdio: ["ignore", "pipe", log, "ipc"], detached: true },
    );
    closeSync(log);
    const exit = once(child, "exit").then(([code]) => code as number | null);
    const statusUrl = await Promise.race([
      readStatusUrl(child),
      exit.then((code) => {
        throw new Error(`controller ${name} ended with ${code} before it served its status: see ${options.logFile}`);
      }),
    ]);
    return new ControllerProcess(name, statusUrl, child, exit);
  }

  async status(): Promise<DistributionStatus> {
    const response = await fetch(this.statusUrl);
    return (await response.json()) as DistributionStatus;
  }

  /** SIGTERM, then waits for the end. @returns the exit code. A second call returns the same. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    return this.#exit;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }
}

async function readStatusUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new TypeError("the controller has no standard output");
  for await (const line of createInterface({ input: child.stdout })) {
    const message = JSON.parse(line) as { status?: string };
    if (message.status !== undefined) {
      // What follows is of no interest, but must be read, or the process would block on a full pipe.
      child.stdout.resume();
      return message.status;
    }
  }
  throw new Error("the controller closed its standard output");
}
