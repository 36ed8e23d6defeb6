import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../src/index.ts";

const deployments = "/apis/apps/v1/namespaces/default/deployments";
const labels = { app: "web" };
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1" }] } },
  },
};

interface Pods {
  items: { spec: { nodeName?: string } }[];
}

describe("a control plane with simulated nodes", () => {
  let controlPlane: ControlPlane;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ nodes: 3 });
  }, 90_000);

  afterAll(() => controlPlane.stop());

  const pods = (): Promise<Pods> => controlPlane.request<Pods>({ path: "/api/v1/namespaces/default/pods" });

  test("has as many nodes as were asked for", async () => {
    const nodes = await controlPlane.request<{ items: { metadata: { name: string } }[] }>({ path: "/api/v1/nodes" });
    expect(nodes.items.map(({ metadata }) => metadata.name)).toEqual(["node-0", "node-1", "node-2"]);
  });

  test("makes a deployment of three replicas available, and its pods go with it", async () => {
    await controlPlane.request({ method: "POST", path: deployments, body: deployment });
    await expect
      .poll(() => controlPlane.request({ path: `${deployments}/web` }), { timeout: 30_000, interval: 100 })
      .toMatchObject({ status: { replicas: 3, readyReplicas: 3, availableReplicas: 3 } });
    expect((await pods()).items.map(({ spec }) => spec.nodeName?.replace(/\d/, "N"))).toEqual(Array(3).fill("node-N"));
    await controlPlane.request({ method: "DELETE", path: `${deployments}/web?propagationPolicy=Background` });
    await expect.poll(async () => (await pods()).items, { timeout: 30_000, interval: 100 }).toEqual([]);
  }, 90_000);

  test("ends a namespace with what is in it", async () => {
    const path = "/api/v1/namespaces/short-lived";
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "short-lived" } };
    const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "inside" } };
    await controlPlane.request({ method: "POST", path: "/api/v1/namespaces", body: namespace });
    await controlPlane.request({ method: "POST", path: `${path}/configmaps`, body: configMap });
    await controlPlane.request({ method: "DELETE", path });
    await expect
      .poll(() => controlPlane.request({ path }).catch((error: Error) => error.message), {
        timeout: 30_000,
        interval: 100,
      })
      .toContain("404");
  }, 60_000);

  test("goes on after its controllers were killed and started again", async () => {
    const { controllerManager, scheduler, simulatedNodes } = controlPlane.servers;
    for (const server of [controllerManager!, scheduler!, simulatedNodes!]) {
      await server.kill();
      await server.restart();
    }
    await controlPlane.request({ method: "POST", path: deployments, body: deployment });
    await expect
      .poll(() => controlPlane.request({ path: `${deployments}/web` }), { timeout: 30_000, interval: 100 })
      .toMatchObject({ status: { availableReplicas: 3 } });
  }, 90_000);
});
