import type { IncomingMessage } from "node:http";
import type { DownstreamReply } from "./downstream-reply.ts";

/**
 * Passes the body of an answer on as it comes, and no faster than the client takes it. Resolves at its end: true when it came
 * whole; otherwise the answer to the client is broken off too.
 */
export function relay(
  source: IncomingMessage,
  reply: DownstreamReply,
  pass: (bytes: Buffer) => boolean = (bytes) => reply.write(bytes),
): Promise<boolean> {
  return new Promise((resolve) => {
    source.on("data", (bytes: Buffer) => {
      if (pass(bytes)) return;
      source.pause();
      reply.drained(() => source.resume());
    });
    source.on("close", () => resolve(source.complete));
  });
}
