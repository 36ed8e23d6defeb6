import type { Clock } from "../clock/clock.ts";
import { elapsed } from "./elapsed.ts";
import { groupRuns, identifyProcess, isSame, type ProcessIdentity } from "./process-identity.ts";

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
 * Asks the process group of that leader to end, ends it by force when the time is up, and resolves when none of it runs any more, however
 * long that takes: a process in an uninterruptible system call outlives SIGKILL. What has left the group is not found. A group of
 * the same number whose leader is another process is not touched.
 *
 * @returns false when it was given up
 */
export async function endGroup(leader: ProcessIdentity, options: EndingOptions): Promise<boolean> {
  const { signal, killAt, clock, exited, hurry, until = Number.POSITIVE_INFINITY } = options;
  const kill = () => void signalGroup(leader, "SIGKILL");
  await signalGroup(leader, signal);
  // A stopped process takes no notice of a signal until it is continued.
  await signalGroup(leader, "SIGCONT");
  const timer = clock.setTimer(killAt - clock.now(), kill);
  if (hurry?.aborted) kill();
  hurry?.addEventListener("abort", kill, { once: true });
  try {
    await exited;
    const runs = async () => (await groupRuns(leader.pid)) && (await isOurs(leader));
    for (let pause = firstLook; await runs(); pause = Math.min(pause * 2, lastLook)) {
      if (clock.now() >= until) return false;
      await elapsed(clock, pause);
    }
    return true;
  } finally {
    timer.cancel();
    hurry?.removeEventListener("abort", kill);
  }
}

/** The number of a group is not given to others while a member lives; when all have ended, a new leader may have it. */
async function isOurs(leader: ProcessIdentity): Promise<boolean> {
  const now = await identifyProcess(leader.pid);
  return now === undefined || isSame(now, leader);
}

/** A group that has ended meanwhile, or is another user's, is not signalled. */
async function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if (!(await isOurs(leader))) return;
  try {
    process.kill(-leader.pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
