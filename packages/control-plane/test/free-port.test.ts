import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { freePort, isFree, returnPort } from "../src/free-port.ts";

describe("free ports", () => {
  test("are each handed out once, below those of outgoing connections", async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    expect(new Set(ports).size).toBe(50);
    for (const port of ports) expect(port >= 20_000 && port < 32_768).toBe(true);
    ports.forEach(returnPort);
  });

  test("are not those on which somebody listens", async () => {
    const port = await freePort();
    expect(await isFree(port)).toBe(true);
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    expect(await isFree(port)).toBe(false);
    server.close();
    returnPort(port);
  });
});
