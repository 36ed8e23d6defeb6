import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { namedCodeBlocks } from "./code-block.ts";

test.each(["component-interface", "controller"])(
  "the example of the reference of the %s does what its assertions say",
  async (page) => {
    const code = (await namedCodeBlocks(`docs/reference/${page}.md`)).get(`${page}.ts`);
    // Inside the workspace, so that the packages are found as a user's are.
    const directory = await mkdtemp(join(import.meta.dirname, "example-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const file = join(directory, `${page}.ts`);
    await writeFile(file, code ?? "");
    const child = spawn(process.execPath, ["--conditions=@tenure/source", file]);
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        output += String(bytes);
      });
    }
    const [exitCode] = await once(child, "close");
    expect([exitCode, output]).toEqual([0, "ok\n"]);
  },
);
