import { join } from "node:path";
import type { ManifestError } from "../parse/manifest-error.ts";
import { type ManifestObject, parseManifest } from "../parse/parse-manifest.ts";
import { readStable, signatureOf } from "./read-stable.ts";

/** One file, as far as this process has seen it. Keeps its last good objects. */
export class ManifestFile {
  /** Relative to the directory. */
  readonly file: string;
  readonly #path: string;
  #signature: string | undefined;
  #hash: string | undefined;
  #objects: readonly ManifestObject[] = [];
  #errors: readonly ManifestError[] = [];
  #everGood = false;

  constructor(directory: string, file: string) {
    this.file = file;
    this.#path = join(directory, file);
  }

  get hash(): string | undefined {
    return this.#hash;
  }

  /** Of its last good state. */
  get objects(): readonly ManifestObject[] {
    return this.#objects;
  }

  get errors(): readonly ManifestError[] {
    return this.#errors;
  }

  get frozen(): boolean {
    return this.#errors.length > 0;
  }

  /** It has errors, and what it should say has never been known. */
  get unknown(): boolean {
    return this.#errors.length > 0 && !this.#everGood;
  }

  /**
   * Looks at the file; parses it only if its content is another.
   *
   * @param thorough reads it even if its signature is the same.
   */
  async refresh(thorough: boolean): Promise<void> {
    try {
      if (!thorough && this.#signature !== undefined && (await signatureOf(this.#path)) === this.#signature) return;
      const content = await readStable(this.#path);
      if (content === undefined) {
        this.#fail(
          "MANIFEST_UNSTABLE",
          "it is being written",
          "Nothing: it is read when it stands still. Rename a finished file into place.",
        );
        return;
      }
      this.#signature = content.signature;
      if (content.hash === this.#hash) return;
      this.#hash = content.hash;
      const { objects, errors } = parseManifest(content.bytes, this.file);
      this.#errors = errors;
      if (errors.length > 0) return;
      this.#objects = objects;
      this.#everGood = true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#fail("MANIFEST_UNREADABLE", message, "Make the file readable for this user.");
    }
  }

  #fail(code: "MANIFEST_UNSTABLE" | "MANIFEST_UNREADABLE", message: string, remedy: string): void {
    // The next look reads and parses it in any case.
    this.#signature = undefined;
    this.#hash = undefined;
    this.#errors = [{ code, file: this.file, line: undefined, column: undefined, message, remedy }];
  }
}
