import type { Clock } from "../clock/clock.ts";
import { elapsed } from "./elapsed.ts";
import { groupRuns } from "./process-identity.ts";

export interface EndingOptions {
  /** What asks it to end. */
  readonly signal: NodeJS.Signals;
  /** On the clock: what still runs then is ended by force. */
  readonly killAt: number;
  readonly clock: Clock;
  /** When its leader is a child of ours: resolves as it ends, so that nothing has to be polled before. */
  readonly exited?: Promise<unknown>;
  /** Ends it by force as soon as it aborts. */
  readonly hurry?: AbortSignal;
  /** On the clock: when to give up on what outlives even that. Default: never. */
  readonly until?: number;
}

/** Between two looks at a group of which a member is left, in ms: the first, doubling up to the last. */
const firstLook = 2;
const lastLook = 50;

/**
 * Asks a process group to end, ends it by force when the time is up, and resolves when none of it runs any more, however long that
 * takes: a process in an uninterruptible system call outlives SIGKILL. What has left the group is not found.
 *
 * @returns false when it was given up
 */
export async function endGroup(group: number, options: EndingOptions): Promise<boolean> {
  const { signal, killAt, clock, exited, hurry, until = Number.POSITIVE_INFINITY } = options;
  if (!(await groupRuns(group))) return true;
  const kill = () => signalGroup(group, "SIGKILL");
  signalGroup(group, signal);
  // A stopped process takes no notice of a signal until it is continued.
  signalGroup(group, "SIGCONT");
  const timer = clock.setTimer(killAt - clock.now(), kill);
  if (hurry?.aborted) kill();
  hurry?.addEventListener("abort", kill, { once: true });
  try {
    await exited;
    for (let pause = firstLook; await groupRuns(group); pause = Math.min(pause * 2, lastLook)) {
      if (clock.now() >= until) return false;
      await elapsed(clock, pause);
    }
    return true;
  } finally {
    timer.cancel();
    hurry?.removeEventListener("abort", kill);
  }
}

/** A group that has ended meanwhile, or is another user's, is not signalled. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
