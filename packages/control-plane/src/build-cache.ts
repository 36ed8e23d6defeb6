import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { acquireLock } from "./owner-lock.ts";
import { Watchdog } from "./watchdog.ts";

/** Where builds are kept: `$XDG_CACHE_HOME/tenure/control-plane`, or the same under `~/.cache`. Safe to delete. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME;
  // The XDG specification says that a relative path is to be ignored.
  return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "tenure", "control-plane");
}

export interface CachedBuildOptions {
  readonly cacheDirectory: string;
  /** Names the result: whatever changes the result must change the key. Fit for the name of a file. */
  readonly key: string;
  /** Said in messages, as in "building the control plane". */
  readonly what: string;
  /**
   * Makes the result in the directory given, which is empty. Processes that must not outlive this one are named to the
   * watchdog, each the leader of a process group.
   */
  readonly build: (directory: string, watchdog: Watchdog) => Promise<void>;
  readonly onProgress: (message: string) => void;
  /** Milliseconds between two looks at another process's build. Default 500: a build takes minutes. */
  readonly pollEvery?: number;
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * The directory that holds the result of a build, which is done first if the cache has none. Of several processes that ask
 * at once, one builds and the others wait; if it dies, the next one builds. The result appears under its name by one
 * rename, so it is whole or absent, even if the lock were to fail.
 */
export async function cachedBuild(options: CachedBuildOptions): Promise<string> {
  const { cacheDirectory, key, what, build, onProgress, pollEvery = 500 } = options;
  const result = join(cacheDirectory, key);
  if (await isDirectory(result)) return result;
  await mkdir(cacheDirectory, { recursive: true });
  const lock = await acquireLock(join(cacheDirectory, `${key}.lock`), {
    pollEvery,
    onWait: (owner, waited) =>
      onProgress(`waiting for process ${owner.pid}, which is building ${what} (${formatDuration(waited)})`),
  });
  try {
    if (await isDirectory(result)) return result;
    const unfinished = `${key}.building-`;
    for (const name of await readdir(cacheDirectory)) {
      // We hold the lock, so nobody works on these any more.
      if (name.startsWith(unfinished)) await rm(join(cacheDirectory, name), { recursive: true, force: true });
    }
    const directory = join(cacheDirectory, `${unfinished}${randomUUID()}`);
    await mkdir(directory);
    const watchdog = await Watchdog.start();
    watchdog.removeDirectory(directory);
    try {
      await build(directory, watchdog);
      await rename(directory, result);
    } finally {
      await watchdog.dismiss();
      await rm(directory, { recursive: true, force: true });
    }
    return result;
  } finally {
    await lock.release();
  }
}

/** As in "4 s" or "2 min 5 s". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
