import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { namedCodeBlocks } from "./code-block.ts";

const page = "docs/reference/introspection.md";
let directory: string | undefined;

afterAll(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

async function output(): Promise<string> {
  // Inside the workspace, so that the packages are found as a user's are.
  directory = await mkdtemp(join(import.meta.dirname, "example-"));
  const program = join(directory, "introspection.ts");
  await writeFile(program, (await namedCodeBlocks(page)).get("introspection.ts") ?? "");
  const child = spawn(process.execPath, ["--conditions=@tenure/source", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (bytes) => {
    text += String(bytes);
  });
  expect(await once(child, "close")).toEqual([0, null]);
  return text;
}

describe("docs/reference/introspection.md", () => {
  test("shows what its program prints", async () => {
    const text = await readFile(join(import.meta.dirname, "../..", page), "utf8");
    const shown = [...text.matchAll(/^```(text|mermaid|dot)\n([\s\S]*?)^```$/gm)];
    expect(shown.map(([, language]) => language)).toEqual(["text", "mermaid", "dot"]);
    expect(shown.map(([, , block]) => `${block}\n`).join("")).toBe(await output());
  });
});
