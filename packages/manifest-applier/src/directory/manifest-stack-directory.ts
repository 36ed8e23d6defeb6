import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describeReference, referenceTo } from "@tenure/kubernetes";
import type { ManifestError } from "../parse/manifest-error.ts";
import type { ManifestObject } from "../parse/parse-manifest.ts";
import type { IgnoredEntry, ManifestStack } from "./directory-snapshot.ts";
import { whyIgnored } from "./ignored-file.ts";
import { ManifestFile } from "./manifest-file.ts";

/** One subdirectory, as far as this process has seen it. */
export class ManifestStackDirectory {
  readonly name: string;
  readonly #directory: string;
  readonly #files = new Map<string, ManifestFile>();
  #ignored: readonly IgnoredEntry[] = [];
  #unreadable: ManifestError | undefined;
  #everHadContent = false;

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.name = name;
  }

  /** It had at least one manifest at some time. */
  get everHadContent(): boolean {
    return this.#everHadContent;
  }

  async refresh(thorough: boolean): Promise<void> {
    const names = await this.#list();
    if (names === undefined) return;
    for (const known of this.#files.keys()) if (!names.includes(known)) this.#files.delete(known);
    for (const name of names) {
      let file = this.#files.get(name);
      if (file === undefined) {
        file = new ManifestFile(this.#directory, join(this.name, name));
        this.#files.set(name, file);
      }
      await file.refresh(thorough);
    }
    if (names.length > 0) this.#everHadContent = true;
  }

  /** @returns undefined when it cannot be listed: then everything stays as it was. */
  async #list(): Promise<readonly string[] | undefined> {
    const path = join(this.#directory, this.name);
    const names: string[] = [];
    const ignored: IgnoredEntry[] = [];
    try {
      for (const name of (await readdir(path)).sort()) {
        const why = whyIgnored(name) ?? (await whyNoFile(join(path, name)));
        if (why === undefined) names.push(name);
        else ignored.push({ name, why });
      }
    } catch (error) {
      this.#unreadable = {
        code: "MANIFEST_UNREADABLE",
        file: this.name,
        line: undefined,
        column: undefined,
        message: `the directory cannot be listed: ${error instanceof Error ? error.message : String(error)}`,
        remedy: "Make it readable for this user.",
      };
      return undefined;
    }
    this.#unreadable = undefined;
    this.#ignored = ignored;
    return names;
  }

  snapshot(): ManifestStack {
    const files = [...this.#files.values()];
    const { objects, duplicates } = unique(files.flatMap((file) => file.objects));
    const errors = [
      ...(this.#unreadable ? [this.#unreadable] : []),
      ...files.flatMap((file) => file.errors),
      ...duplicates,
    ];
    return {
      name: this.name,
      objects,
      hash: createHash("sha256").update(JSON.stringify(objects)).digest("hex"),
      // Never seen with content: an empty directory may be one that is not mounted, or not filled yet.
      incomplete: !this.#everHadContent || this.#unreadable !== undefined || files.some((file) => file.unknown),
      files: files.map(({ file, hash, objects: { length }, frozen }) => ({ file, hash, objects: length, frozen })),
      ignored: this.#ignored,
      errors,
    };
  }
}

/** Follows links, as those of a mounted ConfigMap. A link that leads nowhere is left to be read, and reported then. */
async function whyNoFile(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isFile() ? undefined : "it is not a file";
  } catch {
    return undefined;
  }
}

/** The first of two objects of one name counts; the second is a mistake, which must not make them fight. */
function unique(all: readonly ManifestObject[]): {
  readonly objects: readonly ManifestObject[];
  readonly duplicates: readonly ManifestError[];
} {
  const seen = new Map<string, ManifestObject>();
  const duplicates: ManifestError[] = [];
  for (const item of all) {
    const group = item.object.apiVersion.split("/").slice(0, -1).join("/");
    const name = describeReference(referenceTo(item.object));
    const first = seen.get(`${group} ${name}`);
    if (first === undefined) {
      seen.set(`${group} ${name}`, item);
      continue;
    }
    duplicates.push({
      code: "MANIFEST_DUPLICATE_OBJECT",
      file: item.origin.file,
      line: item.origin.line,
      column: undefined,
      message: `${name} stands already in ${first.origin.file}:${first.origin.line}, which counts`,
      remedy: "Remove one of them.",
    });
  }
  return { objects: [...seen.values()], duplicates };
}
