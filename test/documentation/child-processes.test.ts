import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { namedCodeBlocks } from "./code-block.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test("the example of the guide to child processes does what its assertions say", async () => {
  const code = (await namedCodeBlocks("docs/guides/child-processes.md")).get("agent.ts");
  // Inside the workspace, so that the packages are found as a user's are.
  const directory = await mkdtemp(join(import.meta.dirname, "example-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "agent.ts");
  await writeFile(file, code ?? "");
  const child = spawn(process.execPath, ["--conditions=@tenure/source", file], {
    env: { ...process.env, AGENT_PORT: String(await freePort()) },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes) => {
      output += String(bytes);
    });
  }
  const [exitCode] = await once(child, "close");
  expect([exitCode, output]).toEqual([0, "ok\n"]);
});
