import type { KubernetesClient } from "@tenure/kubernetes";
import { monotonic } from "@tenure/testing";

/** Sees on the API server, by a watch of its own, when each Lease got another holder. */
export class LeaseObserver {
  readonly #holders = new Map<string, { holder: string; readonly at: number }[]>();
  readonly #abort = new AbortController();
  readonly #watching: Promise<void>;

  constructor(client: KubernetesClient) {
    this.#watching = this.#watch(client).catch((error) => {
      if (!this.#abort.signal.aborted) throw error;
    });
    // Who stops it learns of it.
    this.#watching.catch(() => {});
  }

  /** When the Lease was first seen to be released by itself, without a takeover in between, in ms on the machine's monotonic clock. */
  releasedAt(lease: string): number | undefined {
    return this.#holders.get(lease)?.find(({ holder }, index) => index > 0 && holder === "")?.at;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#watching;
  }

  async #watch(client: KubernetesClient): Promise<void> {
    const selection = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: "default" };
    for await (const { type, object } of client.watch(selection, { signal: this.#abort.signal })) {
      if (type === "BOOKMARK" || type === "DELETED") continue;
      const { name = "" } = object.metadata;
      const holder = (object.spec as { holderIdentity?: string } | undefined)?.holderIdentity ?? "";
      const seen = this.#holders.get(name) ?? [];
      this.#holders.set(name, seen);
      if (seen.at(-1)?.holder !== holder) seen.push({ holder, at: monotonic() });
    }
  }
}
