import { defineComponent, definePlugin } from "@tenure/core";
import { kubernetesClient, kubernetesConnection } from "@tenure/kubernetes";
import { z } from "zod";
import { clusterDns, coreDns } from "./coredns.ts";

/**
 * A plugin that needs another component: it publishes what a joining node has to know, the DNS of the cluster among it. It
 * writes by itself, with the right that its term gives it.
 */
export const clusterInfo = definePlugin({
  name: "cluster-info",
  config: z.object({ clusterName: z.string().min(1).describe("The name by which people know the cluster.") }),
  uses: [kubernetesConnection(), coreDns()],
  contribute: ({ clusterName }) => ({
    components: [
      defineComponent({
        name: "cluster-info",
        scope: "leader",
        needs: { kubernetes: kubernetesClient, dns: clusterDns },
        create: ({ kubernetes, dns }) => ({
          async start({ term, signal }) {
            await kubernetes.client.apply(
              term,
              {
                apiVersion: "v1",
                kind: "ConfigMap",
                metadata: { name: "distribution-info", namespace: "kube-public" },
                data: {
                  clusterName,
                  clusterDomain: dns.clusterDomain,
                  dnsService: `${dns.service}.kube-system`,
                  leader: term.holder,
                },
              },
              // The leader before this one wrote `leader`: taking the field over is what a change of leader means.
              { fieldManager: "example-cluster-info", force: true, signal },
            );
          },
        }),
      }),
    ],
  }),
});
