import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { namedCodeBlocks } from "./code-block.ts";

export interface CodeBlockRun {
  readonly exitCode: number | null;
  /** Of both streams. */
  readonly output: string;
}

/**
 * Runs a code block of a page, as it stands, in a Node process of its own. It is ended when the test is over.
 *
 * @throws Error when the page has no block of that name.
 */
export async function runCodeBlock(
  page: string,
  name: string,
  options: { readonly nodeArgs?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<CodeBlockRun> {
  const code = (await namedCodeBlocks(page)).get(name);
  if (code === undefined) throw new Error(`${page} has no code block ${name}`);
  // Inside the workspace, so that the packages are found as a user's are.
  const directory = await mkdtemp(join(import.meta.dirname, "example-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, name);
  await writeFile(file, code);
  const child = spawn(process.execPath, ["--conditions=@tenure/source", ...(options.nodeArgs ?? []), file], {
    env: { ...process.env, ...options.env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes) => {
      output += String(bytes);
    });
  }
  const [exitCode] = await once(child, "close");
  return { exitCode, output };
}
