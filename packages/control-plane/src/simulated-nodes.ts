import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient } from "./api-request.ts";
import { ControlPlaneError } from "./control-plane-error.ts";

/** kwok minds nodes that carry this annotation, and leaves all others alone. */
export const simulatedNodeAnnotation = { "kwok.x-k8s.io/node": "fake" };

/** What each simulated node says it has. Nothing runs there, so it is as large as one likes. */
const capacity = { cpu: "64", memory: "256Gi", "ephemeral-storage": "1Ti", pods: "1000" };

function node(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: simulatedNodeAnnotation,
      labels: {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node-role.kubernetes.io/worker": "",
      },
    },
    status: { capacity, allocatable: capacity },
  };
}

interface NodeList {
  items: { metadata: { name: string }; status?: { conditions?: { type: string; status: string }[] } }[];
}

/** Creates the nodes node-0 to node-(count - 1); those that exist are left as they are. */
export async function createNodes(api: ApiClient, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `node-${index}`);
  for (const name of names) {
    const { status, body } = await api.send({ method: "POST", path: "/api/v1/nodes", body: node(name) });
    if (status >= 300 && status !== 409) {
      throw new ControlPlaneError(
        "CONTROL_PLANE_REQUEST_FAILED",
        `The API server did not accept node ${name}: ${JSON.stringify(body)}`,
        "Look at the flags given to the API server.",
      );
    }
  }
  return names;
}

/** Resolves when all of them are Ready. */
export async function nodesReady(api: ApiClient, names: readonly string[], timeout: number): Promise<void> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const { items } = await api.request<NodeList>({ path: "/api/v1/nodes" });
    const ready = new Set(
      items
        .filter(({ status }) => status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
        .map(({ metadata }) => metadata.name),
    );
    const missing = names.filter((name) => !ready.has(name));
    if (missing.length === 0) return;
    if (performance.now() > deadline) {
      throw new ControlPlaneError(
        "CONTROL_PLANE_START_TIMEOUT",
        `These simulated nodes were not ready within ${timeout / 1_000} s: ${missing.join(", ")}.`,
        "A slow machine may need a longer readyTimeout. With a dataDirectory of your own the logs are kept.",
      );
    }
    await delay(50);
  }
}
