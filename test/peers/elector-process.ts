import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { goBinary } from "@tenure/control-plane";
import { clientGoArguments, type ElectorArguments, type ElectorEvent } from "./elector-arguments.ts";

export type Contestant = "tenure" | "client-go";

/** Built into the user's cache when it is not there yet: with the modules downloaded and nothing compiled, a minute or two of two cores. */
export async function buildClientGoElector(say: (line: string) => void = () => {}): Promise<string> {
  return await goBinary(
    {
      binary: "client-go-elector",
      directory: new URL("client-go-elector", import.meta.url).pathname,
      what: "client-go's elector",
      takes: "a minute",
      variables: () => ({}),
    },
    say,
  );
}

/** Candidates for one or several Leases in a process of their own, and what they have told. */
export class ElectorProcess {
  readonly identity: string;
  readonly events: ElectorEvent[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #gone = false;
  #code: number | string | undefined;

  private constructor(identity: string, child: ChildProcess, onEvent: (event: ElectorEvent) => void) {
    this.identity = identity;
    this.#child = child;
    // `close`: its output was read to the end.
    this.#exit = once(child, "close").then(([code, signal]: (number | string | null)[]) => {
      this.#gone = true;
      this.#code = code ?? signal ?? undefined;
      this.#look();
    });
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const event = JSON.parse(line) as ElectorEvent;
      this.events.push(event);
      onEvent(event);
      this.#look();
    });
    // A line that comes too late for it harms nobody.
    child.stdin!.on("error", () => {});
  }

  /** Resolves when the process is ready to campaign. `logFile`: for its standard error; default: dropped. */
  static async start(
    contestant: Contestant,
    options: ElectorArguments & { readonly logFile?: string; readonly onEvent?: (event: ElectorEvent) => void },
  ): Promise<ElectorProcess> {
    const { logFile, onEvent = () => {}, ...rest } = options;
    const [file, args] =
      contestant === "client-go"
        ? [await buildClientGoElector(), clientGoArguments(rest)]
        : [
            process.execPath,
            [
              "--conditions=@tenure/source",
              new URL("tenure-elector.ts", import.meta.url).pathname,
              JSON.stringify(rest),
            ],
          ];
    const log = logFile === undefined ? "ignore" : openSync(logFile, "a");
    const child = spawn(file, args, { stdio: ["pipe", "pipe", log] });
    if (log !== "ignore") closeSync(log);
    const elector = new ElectorProcess(options.identity, child, onEvent);
    await elector.until((events) => events.some(({ event }) => event === "ready"));
    return elector;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Its exit code, or the signal that has ended it; undefined while it runs. */
  get exit(): number | string | undefined {
    return this.#code;
  }

  /** Resolves when it holds, which is looked at after every event. Rejects when the process ends before. */
  async until(condition: (events: readonly ElectorEvent[]) => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (condition(this.events)) resolve();
      else if (this.#gone) reject(new Error(`elector ${this.identity} has ended before it told what is awaited`));
    };
    this.#waiting.add(look);
    look();
    await promise.finally(() => this.#waiting.delete(look));
  }

  /** The first event of that kind, of one of the leases when it is named, that was told after the first `after` of all. */
  async next(event: ElectorEvent["event"], where: { lease?: string; after?: number } = {}): Promise<ElectorEvent> {
    let found: ElectorEvent | undefined;
    await this.until((events) => {
      found = events
        .slice(where.after ?? 0)
        .find((told) => told.event === event && (where.lease === undefined || told.lease === where.lease));
      return found !== undefined;
    });
    return found!;
  }

  /** Whether the work of this lease runs, as it has told. */
  works(lease: string): boolean {
    const last = this.events.findLast((told) => told.lease === lease && /^(started|stopped)$/.test(told.event));
    return !this.#gone && last?.event === "started";
  }

  stopElector(lease: string): void {
    this.#child.stdin!.write(`stop ${lease}\n`);
  }

  /** Ours alone. @param pause in ms */
  yield(lease: string, pause: number): void {
    this.#child.stdin!.write(`yield ${lease} ${pause}\n`);
  }

  /** Ours alone: when the work is asked to stop, it never will. */
  hangStop(lease: string): void {
    this.#child.stdin!.write(`hang ${lease}\n`);
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  /** SIGTERM, then waits for the end. A second call waits too. */
  async stop(): Promise<void> {
    if (!this.#gone) this.#child.kill("SIGTERM");
    await this.#exit;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
