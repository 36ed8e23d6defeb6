import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/**
 * Names one process for ever: a process id is used again by the system, a process id together with the moment at which
 * the process started is not.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for equal processes. Empty when the system does not tell. */
  readonly started: string;
}

/** Where Linux describes processes. Empty: they are asked for through `ps`, which every POSIX system has. */
export const defaultProcfs = process.platform === "linux" ? "/proc" : "";

/** The start of a process as the system tells it, or undefined when no such process runs. A zombie does not run. */
async function startOf(pid: number, procfs: string): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  if (procfs === "") {
    try {
      // A date is to read the same whoever asks: the owner of a lock may run with another zone and language than who finds it.
      const env = { ...process.env, LC_ALL: "C", TZ: "UTC0" };
      const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)], { env });
      return stdout.trim();
    } catch {
      return undefined;
    }
  }
  try {
    const [stat, boot] = await Promise.all([
      readFile(`${procfs}/${pid}/stat`, "utf8"),
      readFile(`${procfs}/sys/kernel/random/boot_id`, "utf8").catch(() => ""),
    ]);
    // proc_pid_stat(5): the second field is the command in parentheses and may hold anything, so count from its end.
    // There, field 3 (state) comes first and field 22 (start, in ticks since boot) is the twentieth.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return `${boot.trim()}/${fields[19] ?? ""}`;
  } catch {
    return undefined;
  }
}

/** Identity of a running process; undefined when it does not run. */
export async function identifyProcess(pid: number, procfs = defaultProcfs): Promise<ProcessIdentity | undefined> {
  const started = await startOf(pid, procfs);
  return started === undefined ? undefined : { pid, started };
}

/** Whether that very process still runs. */
export async function isRunning(identity: ProcessIdentity, procfs = defaultProcfs): Promise<boolean> {
  const started = await startOf(identity.pid, procfs);
  return started !== undefined && (started === identity.started || identity.started === "");
}
