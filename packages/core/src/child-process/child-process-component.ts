import type { Component, ComponentContext, Health, StopContext } from "../component/component.ts";
import type { InstanceScope } from "../component/define-component.ts";
import type { CompositionProblem } from "../composition/composition-error.ts";
import { settingProblems } from "./check-settings.ts";
import { ChildProcessError, type ChildProcessExit, exitError } from "./child-process-error.ts";
import type { ChildProcessSettings, RunningChildProcess } from "./child-process-options.ts";
import { type Command, findProgram } from "./command.ts";
import { elapsed } from "./elapsed.ts";
import { GatedProcess } from "./gated-process.ts";
import { Output } from "./output.ts";
import { askInTime } from "./probe.ts";
import { endGroup } from "./process-group.ts";
import { identifyProcess, type ProcessIdentity } from "./process-identity.ts";
import { ProcessRecord } from "./process-record.ts";
import { untilReady } from "./readiness.ts";
import { watchdog } from "./watchdog.ts";

/** Of the time to stop, kept for ending by force and collecting what was ended: a fifth, at most 2 s, which a busy machine needs. */
const killShare = 0.2;
const longestKill = 2_000;
/** For what was written last to arrive after the writer's end, in ms: it is in the pipe, but who left the group may hold that open. */
const drainTime = 100;

/**
 * A process as a component: `start` resolves when it is ready, an end that nobody asked for is a failure, `stop` resolves when
 * nothing of its process group runs any more. Made by `childProcess`; use it by itself, in `create`, where an instance
 * has more to offer than a process (an address, credentials).
 */
export class ChildProcessComponent implements Component, RunningChildProcess {
  readonly healthy?: () => Promise<Health>;
  readonly #settings: ChildProcessSettings;
  readonly #scope: InstanceScope;
  #process: GatedProcess | undefined;
  /** Without one it never becomes the program, and ends by itself. */
  #identity: ProcessIdentity | undefined;
  /** Once it is written: until then the file may be another's. */
  #record: ProcessRecord | undefined;

  /** @param scope what `create` receives as its third argument */
  constructor(settings: ChildProcessSettings, scope: InstanceScope) {
    this.#settings = settings;
    this.#scope = scope;
    const { healthy } = settings;
    if (healthy !== undefined) this.healthy = () => askInTime(healthy, scope.clock);
  }

  get #stopSignal(): NodeJS.Signals {
    return this.#settings.stopSignal ?? "SIGTERM";
  }

  get pid(): number | undefined {
    return this.#process?.exit === undefined ? this.#process?.pid : undefined;
  }

  async start(context: ComponentContext): Promise<void> {
    if (process.platform === "win32") throw unsupported();
    const problems = settingProblems(this.#settings, `component "${context.name}"`);
    if (problems.length > 0) throw badOptions(problems);
    const { exitZero, logLevel = () => "info" } = this.#settings;
    const command = await this.#command();
    const output = new Output(context.logger, logLevel);
    const child = await this.#make(command, output, context);

    const over = child.exited.then(async (exit) => {
      await this.#drained(child);
      return exit;
    });
    // Before the program begins, so that no line of it is missed.
    const readiness = this.#untilReady(over, output, context.signal);
    await child.open();
    context.logger.debug({ pid: child.pid, command: command.file }, "the process runs");
    const ready = await readiness;
    context.signal.throwIfAborted();
    const isDone = (exit: ChildProcessExit) => exit.code === 0 && exitZero === "done";
    const ended = (exit: ChildProcessExit) => ({ command: command.file, exit, lastLines: output.lastLines });
    if (child.exit !== undefined && !(ready && isDone(child.exit))) {
      throw exitError("TENURE_CHILD_START_FAILED", ended(await over));
    }
    void over.then((exit) => {
      // Not before the start has been noted, should it have ended already.
      setImmediate(() => {
        if (isDone(exit)) context.done();
        else context.fail(exitError("TENURE_CHILD_EXITED", ended(exit)));
      });
    });
  }

  async stop({ deadline }: StopContext): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const { clock } = this.#scope;
    const killAt = deadline - Math.min(Math.max(0, deadline - clock.now()) * killShare, longestKill);
    const { pid, exited } = child;
    if (this.#identity === undefined) await exited;
    else await endGroup(this.#identity, { signal: this.#stopSignal, killAt, clock, exited });
    watchdog.forget(pid);
    await this.#drained(child, Math.max(0, deadline - clock.now()) / 2);
    child.abandon();
    await this.#record?.remove();
  }

  async #command(): Promise<Command> {
    const { command, args = [], env = {}, inheritEnv = true, cwd = process.cwd() } = this.#settings;
    const environment = { ...(inheritEnv ? process.env : {}), ...env };
    return { file: await findProgram(command, cwd, environment), args, env: environment, cwd };
  }

  /** A process that may become the program: it will not outlive us. */
  async #make(command: Command, output: Output, { name, logger, signal }: ComponentContext): Promise<GatedProcess> {
    const { stateDirectory } = this.#settings;
    const record = stateDirectory === undefined ? undefined : new ProcessRecord(stateDirectory, name);
    await record?.endLeftover({ stopSignal: this.#stopSignal, clock: this.#scope.clock, logger, signal });
    signal.throwIfAborted();
    const child = await GatedProcess.make(command);
    this.#process = child;
    try {
      output.read(child.stdout, "stdout");
      output.read(child.stderr, "stderr");
      const identity = await identifyProcess(child.pid);
      if (identity === undefined) throw unidentified(child.pid, command.file);
      this.#identity = identity;
      await watchdog.watch(identity);
      await record?.write(identity, command.file);
      this.#record = record;
      signal.throwIfAborted();
    } catch (error) {
      // It never becomes the program, and ends.
      child.abandon();
      throw error;
    }
    return child;
  }

  /** @returns false when it is over, or is to stop, before it was ready */
  async #untilReady(over: Promise<unknown>, output: Output, signal: AbortSignal): Promise<boolean> {
    const enough = new AbortController();
    const abort = () => enough.abort();
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    void over.then(abort);
    try {
      return await untilReady(this.#settings.ready ?? "at-once", output, this.#scope.clock, enough.signal);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Resolves when all that it wrote has been read, as far as that ends. */
  async #drained(child: GatedProcess, longest = drainTime): Promise<void> {
    const closed = new AbortController();
    void child.closed.then(() => closed.abort());
    await elapsed(this.#scope.clock, Math.min(drainTime, longest), closed.signal);
  }
}

function badOptions(problems: readonly CompositionProblem[]): ChildProcessError {
  const code = "TENURE_CHILD_BAD_OPTION";
  const remedy = [...new Set(problems.map((problem) => problem.remedy))].join(" ");
  return new ChildProcessError(problems.map(({ message }) => message).join("; "), { code, remedy });
}

function unsupported(): ChildProcessError {
  return new ChildProcessError("child processes as components are not supported on Windows", {
    code: "TENURE_CHILD_UNSUPPORTED",
    remedy: "Run the controller on Linux or macOS.",
  });
}

function unidentified(pid: number, command: string): ChildProcessError {
  return new ChildProcessError(`process ${pid} cannot be told from others: it has ended, or the system does not tell`, {
    code: "TENURE_CHILD_UNGUARDED",
    remedy: "Make /proc readable, on other systems than Linux ps executable.",
    command,
  });
}
