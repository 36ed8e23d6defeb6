import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProcessTerm, systemClock } from "@tenure/core";
import { createClient, type KubernetesClient, type KubernetesObject } from "@tenure/kubernetes";
import { StackReconciler, type StackSource, type StackStatus } from "@tenure/stack-applier";

export function configMap(name: string, data: Record<string, string> = { value: "1" }): KubernetesObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data };
}

let versions = 0;

export function sourceOf(
  name: string,
  objects: readonly KubernetesObject[],
  more: Partial<StackSource> = {},
): StackSource {
  const withOrigin = objects.map((object, index) => ({
    object,
    origin: { file: `${name}/file.yaml`, line: 1 + 10 * index },
  }));
  return { name, objects: withOrigin, hash: String(++versions), ...more };
}

/** One stack that is reconciled, and its statuses as they come. */
export class RunningStack {
  readonly reconciler: StackReconciler;
  readonly control = createProcessTerm("test", systemClock);
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(status: StackStatus) => void>();

  constructor(client: KubernetesClient, source: StackSource, resyncInterval = 60_000) {
    this.reconciler = new StackReconciler(source, {
      client,
      clock: systemClock,
      parentNamespace: "kube-system",
      resyncInterval,
      changed: (status) => {
        for (const listener of this.#listeners) listener(status);
      },
    });
    this.ended = this.reconciler.run(this.control.term, this.#abort.signal);
  }

  /** Resolves with the first status, from now on, for which the condition holds. */
  until(condition: (status: StackStatus) => boolean): Promise<StackStatus> {
    if (condition(this.reconciler.status)) return Promise.resolve(this.reconciler.status);
    return new Promise((resolve) => {
      const listener = (status: StackStatus) => {
        if (!condition(status)) return;
        this.#listeners.delete(listener);
        resolve(status);
      };
      this.#listeners.add(listener);
    });
  }

  /** With this source and no other. */
  async ready(source: StackSource): Promise<StackStatus> {
    return this.until((status) => status.phase === "ready" && status.hash === source.hash);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }
}

/** The real client, some of whose calls are others. */
export function overriding(client: KubernetesClient, calls: Partial<KubernetesClient>): KubernetesClient {
  return new Proxy(client, {
    get(target, key) {
      if (key in calls) return calls[key as keyof KubernetesClient];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A client whose way leads through a proxy. */
export async function clientVia(kubeconfig: string, server: string, url: string): Promise<KubernetesClient> {
  const file = join(tmpdir(), `tenure-kubeconfig-${process.pid}-${++versions}`);
  await writeFile(file, (await readFile(kubeconfig, "utf8")).replaceAll(server, url));
  try {
    return await createClient({ kubeconfig: file });
  } finally {
    await rm(file);
  }
}
