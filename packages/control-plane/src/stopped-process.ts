import { readdirSync, readFileSync } from "node:fs";
import { defaultProcfs } from "./process-identity.ts";

/** A signal takes a millisecond or two to reach every thread; one that stands in the kernel, as at a disk, may take longer. In ms. */
const longestWait = 1_000;

/**
 * Returns when no thread of a process that was sent SIGSTOP runs any more, or the process is gone: until then it may still answer. Without procfs it
 * returns at once. Blocks, since it is a matter of a millisecond.
 */
export function waitUntilStopped(pid: number, procfs = defaultProcfs): void {
  if (procfs === "") return;
  const end = performance.now() + longestWait;
  while (performance.now() < end && !isStopped(`${procfs}/${pid}/task`));
}

function isStopped(tasks: string): boolean {
  try {
    // proc_pid_stat(5): the state follows the command, which stands in parentheses and may hold anything.
    return readdirSync(tasks).every((task) =>
      /^[TtZX]/.test(readFileSync(`${tasks}/${task}/stat`, "utf8").replace(/^.*\) /s, "")),
    );
  } catch {
    return true;
  }
}
