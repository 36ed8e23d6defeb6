import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryDirectory } from "./run-controller.ts";

/** A named pipe, by which a test tells a child when to go on. */
export async function makeFifo(): Promise<{ readonly fifo: string; write(text: string): Promise<void> }> {
  const fifo = join(await temporaryDirectory(), "fifo");
  await promisify(execFile)("mkfifo", [fifo]);
  return { fifo, write: (text) => writeFile(fifo, text) };
}
