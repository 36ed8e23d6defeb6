import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { ChildProcessError } from "./child-process-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is to run, as a system call takes it. */
export interface Command {
  /** An absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/**
 * The program that a name means, found as a shell would find it: with a slash it is a path, relative to `cwd`; without, the first
 * executable of that name in the folders of PATH.
 *
 * @throws ChildProcessError TENURE_CHILD_NOT_FOUND, for a missing `cwd` as well.
 */
export async function findProgram(name: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const directory = await stat(cwd).catch(() => undefined);
  if (directory?.isDirectory() !== true) {
    throw notFound(`the directory ${cwd}, in which ${name} is to run, does not exist`, "Make it, or set cwd.", name);
  }
  if (name.includes("/")) {
    const file = resolve(cwd, name);
    if (await isExecutable(file)) return file;
    throw notFound(`${file} is not a program that can be run`, "Install it, or correct the path.", file);
  }
  for (const folder of (env.PATH ?? "/usr/bin:/bin").split(delimiter)) {
    const file = join(resolve(cwd, folder), name);
    if (await isExecutable(file)) return file;
  }
  throw notFound(`there is no program ${name} in the folders of PATH`, "Install it, or give its whole path.", name);
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

function notFound(message: string, remedy: string, command: string): ChildProcessError {
  return new ChildProcessError(message, { code: "TENURE_CHILD_NOT_FOUND", remedy, command });
}
