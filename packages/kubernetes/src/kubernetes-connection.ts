import { createToken, defineComponent, definePlugin } from "@tenure/core";
import { z } from "zod";
import { clientFor } from "./create-client.ts";
import { Credentials } from "./credentials.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";

/** The way of a controller to its API server. */
export interface KubernetesConnection {
  /** Shared by everything in the process. */
  readonly client: KubernetesClient;
  /** A client with connections of its own, which the caller closes: for the lease, whose calls must not wait behind others. */
  newClient(): KubernetesClient;
}

/** Needed by what talks to the API server. */
export const kubernetesClient = createToken<KubernetesConnection>("kubernetes.connection");

const config = z.object({
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe("Path of a kubeconfig. Default: $KUBECONFIG, else ~/.kube/config, else the service account of the pod."),
  context: z.string().min(1).optional().describe("Of the kubeconfig. Default: the current one."),
  maxConcurrency: z.number().int().positive().default(16).describe("Calls at once."),
});

/**
 * Adds the process-scoped component `kubernetes`. It does not wait for the API server: whoever calls learns whether it answers. A
 * kubeconfig that cannot be read fails it, with the file named, and is tried again, since it may come later.
 */
export const kubernetesConnection = definePlugin({
  name: "kubernetes",
  description: "The way to the API server.",
  config,
  contribute: (options) => ({
    components: [
      defineComponent({
        name: "kubernetes",
        provides: kubernetesClient,
        create: () => new ConnectionComponent(options),
      }),
    ],
  }),
});

class ConnectionComponent implements KubernetesConnection {
  readonly #options: z.output<typeof config>;
  #credentials: Credentials | undefined;
  #client: KubernetesClient | undefined;

  constructor(options: z.output<typeof config>) {
    this.#options = options;
  }

  get client(): KubernetesClient {
    if (this.#client === undefined) throw new TypeError("the connection has not been started");
    return this.#client;
  }

  newClient(): KubernetesClient {
    if (this.#credentials === undefined) throw new TypeError("the connection has not been started");
    return clientFor(this.#credentials, this.#options.maxConcurrency);
  }

  async start(): Promise<void> {
    const { kubeconfig, context, maxConcurrency } = this.#options;
    this.#credentials = await Credentials.load({ ...(kubeconfig && { kubeconfig }), ...(context && { context }) });
    this.#client = clientFor(this.#credentials, maxConcurrency);
  }

  async stop(): Promise<void> {
    await this.#client?.close();
  }
}
