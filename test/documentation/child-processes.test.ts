import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { runCodeBlock } from "./run-code-block.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test("the example of the guide to child processes does what its assertions say", async () => {
  const env = { AGENT_PORT: String(await freePort()) };
  const run = await runCodeBlock("docs/guides/child-processes.md", "agent.ts", { env });
  expect(run).toEqual({ exitCode: 0, output: "ok\n" });
});
