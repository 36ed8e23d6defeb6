import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { ControlPlaneError } from "./control-plane-error.ts";

/**
 * Below the ports that Linux (32768 and up) and macOS (49152 and up) give to outgoing connections, so that no connection
 * sits on a server's port while that server is restarted.
 */
const lowest = 20_000;
const highest = 32_767;

/** Ports handed out by this process, so that two control planes that start at once do not get the same one. */
const handedOut = new Set<number>();

/** Whether nobody listens on the port of 127.0.0.1 at this moment. */
export async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A port of 127.0.0.1 between 20000 and 32767 on which nobody listens now. Another process may take it before it is used:
 * whoever uses it must be ready to ask again. It is not handed out again by this process until `returnPort`.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(lowest, highest + 1);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port)) return port;
    handedOut.delete(port);
  }
  throw new ControlPlaneError(
    "CONTROL_PLANE_PORT_TAKEN",
    `200 ports of 127.0.0.1 between ${lowest} and ${highest} were tried, and all are in use.`,
    "End the programs that hold them.",
  );
}

/** The port is no longer used. */
export function returnPort(port: number): void {
  handedOut.delete(port);
}
