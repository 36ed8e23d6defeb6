import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";

/** Changes whenever the file is another one or its content may have changed. */
export type FileSignature = string;

export async function signatureOf(path: string): Promise<FileSignature> {
  const { ino, dev, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

export interface StableContent {
  readonly bytes: Uint8Array;
  readonly signature: FileSignature;
  /** SHA-256, hex. */
  readonly hash: string;
}

/** A file that changes during this many readings is left for the next scan. */
const mostReadings = 5;

/**
 * Reads a file that nobody wrote to meanwhile: its signature is the same before and after.
 *
 * @returns undefined when it kept changing.
 */
export async function readStable(path: string): Promise<StableContent | undefined> {
  let before = await signatureOf(path);
  for (let reading = 0; reading < mostReadings; reading++) {
    const bytes = await readFile(path);
    const after = await signatureOf(path);
    if (after === before) {
      return { bytes, signature: after, hash: createHash("sha256").update(bytes).digest("hex") };
    }
    before = after;
  }
  return undefined;
}
