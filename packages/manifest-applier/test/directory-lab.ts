import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ComponentContext, createProcessTerm, silentLogger, systemClock } from "@tenure/core";
import { type DirectorySnapshot, ScannedDirectory } from "@tenure/manifest-applier";

/** What a component is handed by the supervisor, without one. */
export function fakeContext(): ComponentContext & { readonly abort: AbortController } {
  const abort = new AbortController();
  return {
    name: "test",
    term: createProcessTerm("test", systemClock).term,
    signal: abort.signal,
    logger: silentLogger,
    fail: () => {},
    done: () => {},
    spawn: () => {
      throw new TypeError("nothing is spawned here");
    },
    abort,
  };
}

/** A real directory, scanned for real. */
export class DirectoryLab implements AsyncDisposable {
  readonly root: string;
  readonly scanned: ScannedDirectory;
  readonly #base: string;

  private constructor(base: string, root: string) {
    this.#base = base;
    this.root = root;
    this.scanned = new ScannedDirectory({ directory: root, rescanInterval: 200, debounce: 5, clock: systemClock });
  }

  /** @param files by path below the root; with none, the root is not made. */
  static async start(files: Readonly<Record<string, string>>): Promise<DirectoryLab> {
    const base = await mkdtemp(join(tmpdir(), "tenure-manifests-"));
    const lab = new DirectoryLab(base, join(base, "root"));
    for (const [path, text] of Object.entries(files)) await lab.write(path, text);
    await lab.scanned.start(fakeContext());
    return lab;
  }

  /** Outside of the root. */
  beside(path: string): string {
    return join(this.#base, path);
  }

  /** A finished file, renamed into place. */
  async write(path: string, text: string): Promise<void> {
    const target = join(this.root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(`${target}.tmp`, text);
    await rename(`${target}.tmp`, target);
  }

  /** Resolves with the first snapshot, from now on, for which the condition holds. */
  until(condition: (snapshot: DirectorySnapshot) => boolean): Promise<DirectorySnapshot> {
    if (condition(this.scanned.snapshot)) return Promise.resolve(this.scanned.snapshot);
    return new Promise((resolve) => {
      const off = this.scanned.subscribe((snapshot) => {
        if (!condition(snapshot)) return;
        off();
        resolve(snapshot);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scanned.stop();
    await rm(this.#base, { recursive: true, force: true });
  }
}

export function configMap(name: string, value = "1"): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { value: "${value}" }\n`;
}

/** `a=1 b=2`: the objects of a stack with their values. */
export function contentOf(snapshot: DirectorySnapshot, stack: string): string | undefined {
  return snapshot.stacks
    .get(stack)
    ?.objects.map(({ object }) => `${object.metadata.name}=${(object.data as { value: string }).value}`)
    .join(" ");
}
