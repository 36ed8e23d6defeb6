import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock/clock.ts";
import { describeError } from "../errors/tenure-error.ts";
import type { Logger } from "../log/logger.ts";
import { ChildProcessError } from "./child-process-error.ts";
import { endGroup } from "./process-group.ts";
import { groupRuns, identifyProcess, isRunning, type ProcessIdentity } from "./process-identity.ts";

/** What a file of the state directory says. Neither arguments nor environment: they may hold secrets. */
interface Recorded {
  /** The leader of the process group. */
  readonly process: ProcessIdentity;
  readonly supervisor: ProcessIdentity;
  /** For people. */
  readonly command: string;
}

export interface LeftoverOptions {
  readonly stopSignal: NodeJS.Signals;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** For a left-over to end by itself, and again to end by force, in ms: together a third of the default start timeout. */
const leftoverGrace = 5_000;

/** The file that says which process a component runs, so that a successor of this process finds it after a crash. */
export class ProcessRecord {
  readonly #directory: string;
  readonly #file: string;

  /** @param component its name; children's hold a slash, which a file's name must not */
  constructor(directory: string, component: string) {
    this.#directory = directory;
    this.#file = join(directory, `${encodeURIComponent(component)}.json`);
  }

  /** @throws ChildProcessError TENURE_CHILD_STATE when it cannot be written, TENURE_CHILD_IN_USE when another has written one meanwhile. */
  async write(process: ProcessIdentity, command: string): Promise<void> {
    const supervisor = await self();
    const recorded: Recorded = { process, supervisor, command };
    const draft = `${this.#file}.draft-${supervisor.pid}`;
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await writeFile(draft, JSON.stringify(recorded), { mode: 0o600 });
      // Unlike a renaming, a link never replaces what another has written meanwhile, and it appears with its whole content.
      await link(draft, this.#file);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") throw inUse(this.#file, command);
      throw this.#unusable(cause);
    } finally {
      await rm(draft, { force: true }).catch(() => {});
    }
  }

  /** Nothing of it runs any more. */
  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  /**
   * Ends what a crashed predecessor has left: the whole process group, if its leader is the very process that was recorded. A number that another
   * process has by now is not touched. Afterwards there is no record.
   *
   * @throws ChildProcessError TENURE_CHILD_IN_USE when who has recorded it still runs, TENURE_CHILD_LEFTOVER when it outlives SIGKILL.
   */
  async endLeftover({ stopSignal, clock, logger, signal }: LeftoverOptions): Promise<void> {
    const recorded = await this.#read(logger);
    if (recorded !== undefined && (await isRunning(recorded.process))) {
      const { pid } = recorded.process;
      const { supervisor } = recorded;
      if (supervisor.pid !== process.pid && (await isRunning(supervisor))) throw inUse(this.#file, recorded.command);
      logger.warn({ pid, command: recorded.command }, `ends process ${pid}, which a crashed predecessor has left`);
      const killAt = clock.now() + leftoverGrace;
      const until = killAt + leftoverGrace;
      const ended = await endGroup(recorded.process, { signal: stopSignal, killAt, until, clock, hurry: signal });
      if (!ended) throw outlived(pid, recorded.command);
    } else if (recorded !== undefined && (await groupRuns(recorded.process.pid))) {
      const group = recorded.process.pid;
      logger.warn({ group }, `leaves group ${group} alone: its leader is not the process that was recorded`);
    }
    await this.remove().catch((cause) => {
      throw this.#unusable(cause);
    });
  }

  async #read(logger: Logger): Promise<Recorded | undefined> {
    let text: string;
    try {
      text = await readFile(this.#file, "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw this.#unusable(cause);
    }
    try {
      const value: unknown = JSON.parse(text);
      if (isRecorded(value)) return value;
    } catch {
      // As good as one of another form.
    }
    logger.warn({ file: this.#file }, "dropped a record of a process that is none of Tenure's");
    return undefined;
  }

  #unusable(cause: unknown): ChildProcessError {
    return new ChildProcessError(`the state directory ${this.#directory} cannot be used: ${describeError(cause)}`, {
      code: "TENURE_CHILD_STATE",
      remedy: "Make it a directory that this process may write to.",
      cause,
    });
  }
}

async function self(): Promise<ProcessIdentity> {
  return (await identifyProcess(process.pid)) ?? { pid: process.pid, started: "", boot: "" };
}

function isRecorded(value: unknown): value is Recorded {
  const { process, supervisor, command } = (value ?? {}) as Partial<Recorded>;
  // As a group, 1 and what is below it would mean everybody. A supervisor may well be the first process of a container.
  return isIdentity(process, 2) && isIdentity(supervisor, 1) && typeof command === "string";
}

function isIdentity(value: unknown, lowest: number): value is ProcessIdentity {
  const { pid, started, boot } = (value ?? {}) as Partial<ProcessIdentity>;
  return Number.isSafeInteger(pid) && pid! >= lowest && typeof started === "string" && typeof boot === "string";
}

function inUse(file: string, command: string): ChildProcessError {
  return new ChildProcessError(`another process that runs supervises the process of ${file}`, {
    code: "TENURE_CHILD_IN_USE",
    remedy: "Give each controller of a machine a state directory of its own.",
    command,
  });
}

function outlived(pid: number, command: string): ChildProcessError {
  return new ChildProcessError(`process ${pid}, which a crashed predecessor has left, does not end`, {
    code: "TENURE_CHILD_LEFTOVER",
    remedy: "Look what it waits for: in the state D, a system call keeps it from ending.",
    command,
  });
}
