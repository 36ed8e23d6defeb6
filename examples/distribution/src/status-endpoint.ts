import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { defineComponent } from "@tenure/core";

/** Serves what `status` returns as JSON on loopback. Process-scoped: standbys answer too. */
export function statusEndpoint(options: {
  readonly port: number;
  readonly status: () => unknown;
  readonly listening: (url: string) => void;
}) {
  return defineComponent({
    name: "status-endpoint",
    create: () => {
      let server: Server | undefined;
      return {
        async start() {
          server = createServer((_, response) => {
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify(options.status()));
          });
          server.listen({ host: "127.0.0.1", port: options.port });
          await once(server, "listening");
          const address = server.address();
          if (address !== null && typeof address === "object") options.listening(`http://127.0.0.1:${address.port}/`);
        },
        async stop() {
          server?.closeAllConnections();
          await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
        },
      };
    },
  });
}
