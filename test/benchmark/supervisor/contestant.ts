import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Request } from "./serve.ts";

/** How to run a contestant. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

export type Answer =
  | { readonly value: number; readonly cannot?: undefined }
  /** Why there is no figure. */
  | { readonly value?: undefined; readonly cannot: string };

/** A figure that takes longer is not waited for, in ms. */
const patience = 60_000;

/** A process of one supervisor, ours or a peer's, that is asked for one figure at a time; see `serve.ts`. */
export class Contestant implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<string>;
  readonly #lines: Interface;

  constructor(command: Command) {
    this.#process = spawn(command.file, command.args, { stdio: "pipe" });
    let complaint = "";
    this.#process.stderr.on("data", (chunk) => {
      complaint = `${complaint}${chunk}`.slice(-500);
    });
    // Who writes to a process that has ended is told so by its end.
    this.#process.stdin.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) => resolve(error.message));
      this.#process.once("close", (code, signal) => resolve(`ended with ${signal ?? code} ${complaint}`.trim()));
    });
    this.#lines = createInterface({ input: this.#process.stdout });
  }

  /** One figure. Not while another is waited for. */
  async ask(scenario: string, { layers, width, fanIn, work }: Request): Promise<Answer> {
    const answered = new Promise<Answer>((resolve) => this.#lines.once("line", (line) => resolve(parseAnswer(line))));
    const ended = this.#ended.then((cannot): Answer => ({ cannot }));
    const { promise: late, resolve: giveUp } = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => {
      this.#process.kill("SIGKILL");
      giveUp({ cannot: `took more than ${patience / 1000} s` });
    }, patience);
    this.#process.stdin.write(`${scenario} ${layers} ${width} ${fanIn} ${work}\n`);
    try {
      return await Promise.race([answered, ended, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }
}

function parseAnswer(line: string): Answer {
  if (line.startsWith("cannot ")) return { cannot: line.slice("cannot ".length) };
  const value = Number(line);
  return line.trim() === "" || Number.isNaN(value) ? { cannot: `said "${line}"` } : { value };
}
