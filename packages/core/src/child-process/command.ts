import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { constants as osConstants } from "node:os";
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

/** @throws ChildProcessError TENURE_CHILD_BAD_OPTION for a name that a POSIX shell does not pass on, and for a value with a zero byte. */
export function environmentOf(env: Environment, inherit: boolean): NodeJS.ProcessEnv {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw badOption(
        `"${name}" cannot be the name of an environment variable of a child process`,
        "Use letters, digits and underscores, and no digit first.",
      );
    }
    if (value?.includes("\0")) throw badOption(`the variable ${name} holds a zero byte`, "Leave it out.");
  }
  return { ...(inherit ? process.env : {}), ...env };
}

/** What Node and the system would refuse as well, but with the argument in the error. */
export function checkOptions(args: readonly string[], stopSignal: string): void {
  const index = args.findIndex((argument) => argument.includes("\0"));
  if (index !== -1) throw badOption(`argument ${index + 1} holds a zero byte`, "Leave it out.");
  if (!(stopSignal in osConstants.signals)) throw badOption(`there is no signal ${stopSignal}`, "Name one as SIGTERM.");
}

function badOption(message: string, remedy: string): ChildProcessError {
  return new ChildProcessError(message, { code: "TENURE_CHILD_BAD_OPTION", remedy });
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
