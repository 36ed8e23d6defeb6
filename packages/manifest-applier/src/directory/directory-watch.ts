import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";

/**
 * Hints that something may have changed in some directories. Events are no more than that: watchers die with their directory, follow it
 * under another name, and drop what overflows their queue, all without an error. So the set of watchers is renewed after every scan,
 * by inode, and scans happen without hints as well.
 */
export class DirectoryWatch {
  readonly #hint: () => void;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: bigint }>();
  #trouble: string | undefined;

  constructor(hint: () => void) {
    this.#hint = hint;
  }

  /** Why some directories are not watched; undefined when all are. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Watches exactly these directories, as they are now. */
  async cover(paths: readonly string[]): Promise<void> {
    this.#trouble = undefined;
    for (const [path, { watcher }] of this.#watchers) {
      if (paths.includes(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    for (const path of paths) await this.#coverOne(path);
  }

  async #coverOne(path: string): Promise<void> {
    try {
      const { ino: inode } = await stat(path, { bigint: true });
      const known = this.#watchers.get(path);
      if (known?.inode === inode) return;
      known?.watcher.close();
      const watcher = watch(path, { persistent: false }, this.#hint);
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(path);
        this.#hint();
      });
      this.#watchers.set(path, { watcher, inode });
      // What changed between the scan and the beginning of the watch has no event.
      this.#hint();
    } catch (error) {
      this.#trouble = `${path} cannot be watched: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  close(): void {
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
