import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type ControllerSnapshot, defineComponent } from "@tenure/core";
import { manifestDirectoryToken } from "@tenure/manifest-applier";
import { type StackStatus, stackApplierToken } from "@tenure/stack-applier";

/** What one controller of the distribution says of itself. */
export interface DistributionStatus {
  readonly controller: ControllerSnapshot;
  /** On the leader; elsewhere nothing is applied. */
  readonly stacks: readonly StackStatus[];
  /** What is wrong with the manifests of this node. */
  readonly manifestErrors: readonly string[];
}

/**
 * Serves the status as JSON on loopback. Process-scoped: standbys answer too. It wants the stack applier, which lives only on the leader: the
 * reference empties and fills with its terms.
 */
export function statusEndpoint(options: {
  /** 0: any that is free. */
  readonly port: number;
  readonly snapshot: () => ControllerSnapshot;
  readonly listening: (url: string) => void;
}) {
  return defineComponent({
    name: "status-endpoint",
    needs: { directory: manifestDirectoryToken },
    wants: { stacks: stackApplierToken },
    create: ({ directory }, { stacks }) => {
      const status = (): DistributionStatus => ({
        controller: options.snapshot(),
        stacks: stacks.current?.status() ?? [],
        manifestErrors: [...directory.snapshot.stacks.values()].flatMap((stack) =>
          stack.errors.map((error) => `${error.file}:${error.line ?? 1}: ${error.message}`),
        ),
      });
      let server: Server | undefined;
      return {
        async start() {
          server = createServer((_, response) => {
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify(status()));
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
