import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A fixture that runs in a Node process of its own, with what it prints. It is killed when the test is over. */
export interface ChildScript {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  readonly lines: string[];
  /** Resolves with the first line, printed or to come, that holds the text. Rejects when the script ends without it. */
  lineWith(text: string): Promise<string>;
  readonly exited: Promise<number | null>;
}

export function runScript(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildScript {
  const path = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@tenure/source", path, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  // However the test ends: a script that waits to be killed would keep the test run alive.
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  const exited = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return {
    child,
    lines,
    exited,
    lineWith: (text) =>
      new Promise((resolve, reject) => {
        const found = lines.find((line) => line.includes(text));
        if (found !== undefined) resolve(found);
        reader.on("line", (line) => line.includes(text) && resolve(line));
        void exited.then((code) =>
          reject(new Error(`${name} ended (${code}) without saying "${text}": ${lines.join(" | ")}`)),
        );
      }),
  };
}
