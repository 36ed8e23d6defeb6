import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { identifyProcess, isRunning, type ProcessIdentity } from "./process-identity.ts";

/**
 * A lock between processes that needs no cleaning up after a crash.
 *
 * The lock is a directory of numbered tickets, and the ticket with the highest number says who holds it: a process, or
 * nobody. A ticket is made by link(2), which fails when the name exists, so of all who want number n + 1 one gets it. The
 * highest ticket is never removed, only surpassed. That is what makes taking over from a dead owner safe: nobody ever
 * deletes a name that another may hold, and whoever is late finds a higher number than its own and has not got the lock.
 */
export interface OwnerLock {
  /** Lets others in. A second call does nothing. */
  release(): Promise<void>;
}

interface Ticket {
  readonly number: number;
  /** Undefined: released. */
  readonly owner: ProcessIdentity | undefined;
}

async function highestTicket(directory: string): Promise<Ticket | undefined> {
  for (;;) {
    const numbers = (await readdir(directory)).filter((name) => /^\d+$/.test(name)).map(Number);
    if (numbers.length === 0) return undefined;
    const number = Math.max(...numbers);
    try {
      const owner = JSON.parse(await readFile(join(directory, String(number)), "utf8")) as ProcessIdentity | null;
      return { number, owner: owner ?? undefined };
    } catch (error) {
      // Surpassed and removed between the two reads: look again.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

/** Makes ticket `number`; false when it exists. The link makes the name and its whole content appear at once. */
async function takeTicket(directory: string, number: number, owner: ProcessIdentity | null): Promise<boolean> {
  const draft = join(directory, `draft-${randomUUID()}`);
  await writeFile(draft, JSON.stringify(owner));
  try {
    await link(draft, join(directory, String(number)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Who holds the lock; undefined when it is free, its owner is dead, or it was never taken. */
export async function lockOwner(directory: string): Promise<ProcessIdentity | undefined> {
  const ticket = await highestTicket(directory).catch(() => undefined);
  return ticket?.owner !== undefined && (await isRunning(ticket.owner)) ? ticket.owner : undefined;
}

/** Whether the lock was ever taken, by whomever. */
export async function lockExists(directory: string): Promise<boolean> {
  return (await highestTicket(directory).catch(() => undefined)) !== undefined;
}

/** Takes the lock if it is free or its owner is dead. Otherwise tells whose it is. The directory is made if need be. */
export async function tryLock(directory: string): Promise<OwnerLock | { readonly heldBy: ProcessIdentity }> {
  await mkdir(directory, { recursive: true });
  const self = (await identifyProcess(process.pid)) ?? { pid: process.pid, started: "" };
  for (;;) {
    const current = await highestTicket(directory);
    if (current?.owner !== undefined && (await isRunning(current.owner))) return { heldBy: current.owner };
    const number = (current?.number ?? 0) + 1;
    if (!(await takeTicket(directory, number, self))) continue;
    const highest = (await highestTicket(directory))?.number ?? number;
    if (highest !== number) {
      // We slept for so long that our number was used, surpassed and removed before we made it anew.
      await rm(join(directory, String(number)), { force: true });
      continue;
    }
    for (const name of await readdir(directory)) {
      if (/^\d+$/.test(name) && Number(name) < number) await rm(join(directory, name), { force: true });
    }
    let released = false;
    return {
      release: async () => {
        if (released) return;
        released = true;
        if (await takeTicket(directory, number + 1, null)) await rm(join(directory, String(number)), { force: true });
      },
    };
  }
}

/**
 * Takes the lock, waiting for it as long as its owner lives. `onWait` is told the owner when waiting begins and then every
 * `announceEvery` milliseconds (5,000). The lock is looked at every `pollEvery` milliseconds (200).
 */
export async function acquireLock(
  directory: string,
  options: {
    onWait?: ((owner: ProcessIdentity, waited: number) => void) | undefined;
    pollEvery?: number;
    announceEvery?: number;
  } = {},
): Promise<OwnerLock> {
  const { onWait, pollEvery = 200, announceEvery = 5_000 } = options;
  const began = performance.now();
  let announced = Number.NEGATIVE_INFINITY;
  for (;;) {
    const attempt = await tryLock(directory);
    if (!("heldBy" in attempt)) return attempt;
    const now = performance.now();
    if (now - announced >= announceEvery) {
      announced = now;
      onWait?.(attempt.heldBy, now - began);
    }
    await delay(pollEvery);
  }
}
