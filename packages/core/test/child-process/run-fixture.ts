import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A fixture in a Node process of its own. It is killed when the test is over. */
export interface Fixture {
  readonly pid: number;
  /** Resolves with the next line, not one that came before, that holds the text; the first call sees all. Rejects when it ends without it. */
  next(text: string): Promise<string>;
  /** Sends the signal, and resolves when it has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export function runFixture(name: string, ...args: readonly string[]): Fixture {
  const path = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@tenure/source", path, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, "exit");
  return {
    pid: child.pid!,
    async next(text) {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${name} ended without saying "${text}"`);
        if (value.includes(text)) return value;
      }
    },
    async end(signal) {
      child.kill(signal);
      await exited;
    },
    signal: (signal) => void child.kill(signal),
  };
}
