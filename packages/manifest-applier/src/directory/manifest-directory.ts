import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type ComponentContext, createToken, describeError, type Timer } from "@tenure/core";
import type { DirectorySnapshot, IgnoredEntry } from "./directory-snapshot.ts";
import { DirectoryWatch } from "./directory-watch.ts";
import { ManifestStackDirectory } from "./manifest-stack-directory.ts";

/** What the directory says, on this node. Knows nothing of leases or clusters. */
export interface ManifestDirectory {
  readonly snapshot: DirectorySnapshot;
  /** Called after every change of the snapshot. @returns a function that ends this. */
  subscribe(listener: (snapshot: DirectorySnapshot) => void): () => void;
}

export const manifestDirectoryToken = createToken<ManifestDirectory>("manifest-applier.directory");

export interface ManifestDirectoryOptions {
  readonly directory: string;
  /** Between two scans without a hint, in ms. */
  readonly rescanInterval: number;
  /** After a hint, so that one save is one scan, in ms. */
  readonly debounce: number;
  readonly clock: Clock;
}

/** Hints that go on for longer do not put a scan off any further, in ms. */
const longestDebounce = 1_000;
/** Every so many periodic scans read every file, whatever its signature says. */
const thoroughEvery = 30;

/**
 * Scans a directory whose subdirectories are stacks: at once, on hints, and periodically. Process-scoped, so that a standby has everything read
 * and parsed when it comes to lead. It holds what *was* read of each file, never what was applied.
 */
export class ScannedDirectory implements ManifestDirectory {
  readonly #options: ManifestDirectoryOptions;
  readonly #watch = new DirectoryWatch(() => this.#hinted());
  readonly #stacks = new Map<string, ManifestStackDirectory>();
  readonly #removed = new Set<string>();
  readonly #listeners = new Set<(snapshot: DirectorySnapshot) => void>();
  #snapshot: DirectorySnapshot;
  #stopped = false;
  #context: ComponentContext | undefined;
  #timer: Timer | undefined;
  #hintedSince: number | undefined;
  #scanning: Promise<void> | undefined;
  #again = false;
  #scans = 0;

  constructor(options: ManifestDirectoryOptions) {
    this.#options = options;
    this.#snapshot = {
      directory: options.directory,
      version: 0,
      scanned: false,
      silent: "it has not been scanned yet",
      stacks: new Map(),
      removed: new Set(),
      ignored: [],
      watching: "not yet",
    };
  }

  get snapshot(): DirectorySnapshot {
    return this.#snapshot;
  }

  subscribe(listener: (snapshot: DirectorySnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves after the first scan; a directory that is missing then may come later. */
  async start(context: ComponentContext): Promise<void> {
    this.#context = context;
    await this.#scan();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#watch.close();
    await this.#scanning;
    this.#listeners.clear();
  }

  #hinted(): void {
    const { clock, debounce } = this.#options;
    const now = clock.now();
    this.#hintedSince ??= now;
    const latest = this.#hintedSince + longestDebounce;
    this.#scheduleScan(Math.min(debounce, Math.max(0, latest - now)));
  }

  #scheduleScan(delay: number): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(delay, () => void this.#scan());
  }

  /** One at a time; what is asked for during one is one more after it. */
  async #scan(): Promise<void> {
    if (this.#stopped) return;
    if (this.#scanning !== undefined) {
      this.#again = true;
      return;
    }
    this.#hintedSince = undefined;
    this.#timer?.cancel();
    this.#scanning = this.#scanOnce();
    try {
      await this.#scanning;
    } catch (error) {
      this.#context?.logger.error({ error: describeError(error) }, "a scan of the manifests failed");
    } finally {
      this.#scanning = undefined;
    }
    // A hint that came meanwhile has set an earlier timer.
    if (this.#again || this.#hintedSince === undefined) {
      this.#scheduleScan(this.#again ? this.#options.debounce : this.#options.rescanInterval);
    }
    this.#again = false;
  }

  async #scanOnce(): Promise<void> {
    const { directory } = this.#options;
    const thorough = this.#scans++ % thoroughEvery === 0;
    const listing = await listRoot(directory);
    if (listing.silent === undefined) this.#forgetAllBut(listing.stacks);
    for (const name of listing.stacks) {
      this.#removed.delete(name);
      let stack = this.#stacks.get(name);
      if (stack === undefined) {
        stack = new ManifestStackDirectory(directory, name);
        this.#stacks.set(name, stack);
      }
      await stack.refresh(thorough);
    }
    if (this.#stopped) return;
    await this.#watch.cover([directory, ...listing.stacks.map((name) => join(directory, name))]);
    this.#publish(listing.silent, listing.ignored);
  }

  #forgetAllBut(names: readonly string[]): void {
    for (const [name, stack] of this.#stacks) {
      if (names.includes(name)) continue;
      this.#stacks.delete(name);
      if (stack.everHadContent) this.#removed.add(name);
    }
  }

  #publish(silent: string | undefined, ignored: readonly IgnoredEntry[]): void {
    const before = this.#snapshot;
    const stacks = new Map([...this.#stacks.values()].map((stack) => [stack.name, stack.snapshot()]));
    const trouble = this.#watch.trouble;
    const next = {
      directory: before.directory,
      scanned: true,
      silent,
      stacks,
      removed: new Set(this.#removed),
      ignored,
      watching: trouble === undefined ? "by events and periodically" : `periodically: ${trouble}`,
    };
    if (this.#stopped || comparable(next) === comparable(before)) return;
    this.#snapshot = { ...next, version: before.version + 1 };
    for (const listener of this.#listeners) listener(this.#snapshot);
  }
}

function comparable({
  scanned,
  silent,
  stacks,
  removed,
  ignored,
  watching,
}: Omit<DirectorySnapshot, "version">): string {
  const parts = [...stacks.values()].map(({ objects: _, ...rest }) => rest);
  return JSON.stringify([scanned, silent, parts, [...removed], ignored, watching]);
}

async function listRoot(directory: string): Promise<{
  readonly silent: string | undefined;
  readonly stacks: readonly string[];
  readonly ignored: readonly IgnoredEntry[];
}> {
  const stacks: string[] = [];
  const ignored: IgnoredEntry[] = [];
  try {
    for (const name of (await readdir(directory)).sort()) {
      const why = name.startsWith(".") ? "its name begins with a dot" : await whyNoStack(join(directory, name));
      if (why === undefined) stacks.push(name);
      else ignored.push({ name, why });
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { silent: `the directory cannot be listed: ${message}`, stacks: [], ignored: [] };
  }
  return { silent: stacks.length === 0 ? "the directory has no stacks" : undefined, stacks, ignored };
}

async function whyNoStack(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? undefined : "it is not a directory: stacks are directories";
  } catch {
    return "it leads nowhere";
  }
}
