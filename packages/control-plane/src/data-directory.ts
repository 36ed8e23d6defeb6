import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ControlPlaneError } from "./control-plane-error.ts";
import { lockExists, lockOwner, type OwnerLock, tryLock } from "./owner-lock.ts";
import { isRunning, type ProcessIdentity } from "./process-identity.ts";

const prefix = "tenure-control-plane-";
const lockName = "owner";
const processesName = "processes.json";

/** A folder that one control plane uses: its data, its credentials, its logs. */
export interface DataDirectory {
  readonly path: string;
  /** Ours to remove, as nobody named it. */
  readonly temporary: boolean;
  /** Notes which processes work in it, for whoever finds it after we are gone. */
  noteProcesses(processes: readonly ProcessIdentity[]): Promise<void>;
  /** Removes it if it is temporary, else lets others use it. */
  close(): Promise<void>;
}

/** Ends what the last owner of the folder left running. Each is known by its start too, so nobody else's is hit. */
async function endLeftProcesses(directory: string): Promise<void> {
  const noted = await readFile(join(directory, processesName), "utf8").catch(() => "[]");
  for (const identity of JSON.parse(noted) as ProcessIdentity[]) {
    if (!(await isRunning(identity))) continue;
    try {
      process.kill(identity.pid, "SIGKILL");
    } catch {
      // It ended by itself in between.
    }
  }
}

/**
 * Removes temporary folders whose owners are dead, and ends what still runs in them. The watchdog does so at once when an
 * owner dies; this is for the case that both were ended together. Folders of others, and such as were never owned (one that
 * is being made at this moment), are left alone.
 */
export async function removeLeftovers(parent: string = tmpdir()): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    try {
      if ((await stat(path)).uid !== process.getuid?.()) continue;
      if (!(await lockExists(join(path, lockName))) || (await lockOwner(join(path, lockName))) !== undefined) continue;
      await endLeftProcesses(path);
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // Another process cleans up at the same time, or may not be disturbed: not our task to insist.
    }
  }
}

/** Opens the folder given, making it if need be, or a new temporary one. */
export async function openDataDirectory(given: string | undefined): Promise<DataDirectory> {
  const temporary = given === undefined;
  const path = given === undefined ? await mkdtemp(join(tmpdir(), prefix)) : resolve(given);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const lock: OwnerLock | { heldBy: ProcessIdentity } = await tryLock(join(path, lockName));
  if ("heldBy" in lock) {
    throw new ControlPlaneError(
      "CONTROL_PLANE_DIRECTORY_IN_USE",
      `Process ${lock.heldBy.pid} runs a control plane in ${path}.`,
      "Stop that one first, or name another data folder.",
    );
  }
  await endLeftProcesses(path);
  for (const folder of ["pki", "logs"]) await mkdir(join(path, folder), { recursive: true, mode: 0o700 });
  return {
    path,
    temporary,
    noteProcesses: (processes) => writeFile(join(path, processesName), JSON.stringify(processes)),
    close: async () => {
      if (temporary) await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      else await lock.release();
    },
  };
}
