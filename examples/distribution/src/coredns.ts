import { createHash } from "node:crypto";
import { createToken, defineComponent, definePlugin } from "@tenure/core";
import type { KubernetesObject } from "@tenure/kubernetes";
import { stackApplier, stackApplierToken } from "@tenure/stack-applier";
import { z } from "zod";

const config = z.object({
  replicas: z.number().int().positive().default(2).describe("Pods of CoreDNS."),
  clusterDomain: z.string().default("cluster.local").describe("The domain under which services are found."),
  image: z.string().default("registry.example/coredns:1.12.1").describe("The image of CoreDNS."),
});

/** What the DNS of the cluster tells others. */
export interface ClusterDns {
  readonly clusterDomain: string;
  /** The name of the Service in kube-system. */
  readonly service: string;
}

export const clusterDns = createToken<ClusterDns>("example.cluster-dns");

/** A plugin of the distribution's own: renders a stack from its configuration and hands it to the stack applier. */
export const coreDns = definePlugin({
  name: "coredns",
  config,
  uses: [stackApplier()],
  contribute: (options) => ({
    components: [
      defineComponent({
        name: "coredns",
        scope: "leader",
        // A leader without DNS is of no use: another controller is to try.
        critical: true,
        provides: clusterDns,
        needs: { stacks: stackApplierToken },
        create: ({ stacks }) => ({
          clusterDomain: options.clusterDomain,
          service: "kube-dns",
          start() {
            const objects = renderCoreDns(options);
            const hash = createHash("sha256").update(JSON.stringify(objects)).digest("hex");
            stacks.apply({ name: "coredns", objects: objects.map((object) => ({ object })), hash });
          },
        }),
      }),
    ],
  }),
});

export function renderCoreDns({ replicas, clusterDomain, image }: z.output<typeof config>): KubernetesObject[] {
  const labels = { "k8s-app": "kube-dns" };
  const metadata = { name: "coredns", namespace: "kube-system", labels };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { Corefile: corefile(clusterDomain) },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: "coredns",
            containers: [
              {
                name: "coredns",
                image,
                args: ["-conf", "/etc/coredns/Corefile"],
                ports: [{ name: "dns", containerPort: 53, protocol: "UDP" }],
                volumeMounts: [{ name: "config", mountPath: "/etc/coredns" }],
              },
            ],
            volumes: [{ name: "config", configMap: { name: "coredns" } }],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kube-dns", namespace: "kube-system", labels },
      spec: { selector: labels, ports: [{ name: "dns", port: 53, protocol: "UDP", targetPort: "dns" }] },
    },
  ];
}

function corefile(clusterDomain: string): string {
  return [
    ".:53 {",
    "    errors",
    "    health",
    `    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa`,
    "    cache 30",
    "}",
    "",
  ].join("\n");
}
