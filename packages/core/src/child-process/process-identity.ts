import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Names one process for ever: its number is used again by the system, the number together with the moment of its start is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque, without line breaks; equal for equal processes. */
  readonly started: string;
  /** Of the machine's current run, since start times are counted from it on Linux. Empty elsewhere, where they are dates. */
  readonly boot: string;
}

/** What the system tells of a process. */
interface ProcessStatus {
  readonly group: number;
  readonly started: string;
  /** Has ended, and waits for its parent to notice. */
  readonly zombie: boolean;
}

/** Where Linux describes processes. Empty: they are asked for through `ps`, which every POSIX system has. */
export const defaultProcfs = process.platform === "linux" ? "/proc" : "";

/** @returns undefined when no such process runs. A zombie does not run. */
export async function identifyProcess(pid: number, procfs = defaultProcfs): Promise<ProcessIdentity | undefined> {
  if (procfs === "") {
    const started = squeeze(await ps("-o", "lstart=", "-p", String(pid)));
    const status = squeeze(await ps("-o", "stat=", "-p", String(pid)));
    return started === "" || status.startsWith("Z") ? undefined : { pid, started, boot: "" };
  }
  const status = await readStatus(procfs, pid);
  if (status === undefined || status.zombie) return undefined;
  const boot = await readFile(`${procfs}/sys/kernel/random/boot_id`, "utf8").catch(() => "");
  return { pid, started: status.started, boot: boot.trim() };
}

/** Whether that very process still runs. */
export async function isRunning(identity: ProcessIdentity, procfs = defaultProcfs): Promise<boolean> {
  const now = await identifyProcess(identity.pid, procfs);
  return now !== undefined && isSame(now, identity);
}

export function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.started === other.started && one.boot === other.boot;
}

/** Whether any process of the group runs. Zombies do not: in a container nobody may ever collect them. */
export async function groupRuns(group: number, procfs = defaultProcfs): Promise<boolean> {
  try {
    process.kill(-group, 0);
  } catch (error) {
    // EPERM: there are some, which are another user's, or (on macOS) zombies.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  if (procfs === "") {
    const lines = (await ps("-A", "-o", "pgid=", "-o", "stat=")).split("\n").map((line) => line.trim().split(/\s+/));
    return lines.some(([pgid, stat]) => Number(pgid) === group && stat?.startsWith("Z") === false);
  }
  for (const name of await readdir(procfs)) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readStatus(procfs, Number(name));
    if (status?.group === group && !status.zombie) return true;
  }
  return false;
}

async function readStatus(procfs: string, pid: number): Promise<ProcessStatus | undefined> {
  try {
    const stat = await readFile(`${procfs}/${pid}/stat`, "utf8");
    // proc_pid_stat(5): the second field is the command in parentheses and may hold anything, so count from its end.
    // There, field 3 (state) is the first, 5 (process group) the third and 22 (start, in ticks since boot) the twentieth.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, , group] = fields;
    return { group: Number(group), started: fields[19] ?? "", zombie: state === "Z" || state === "X" };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** Dates are to read the same whoever asks. */
const environment = { ...process.env, LC_ALL: "C", TZ: "UTC0" };

async function ps(...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("ps", args, { env: environment });
    return stdout;
  } catch {
    // No such process: ps has nothing to say, and fails.
    return "";
  }
}

function squeeze(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}
