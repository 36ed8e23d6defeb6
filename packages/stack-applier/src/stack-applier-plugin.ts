import { defineComponent, definePlugin, duration } from "@tenure/core";
import { kubernetesClient, kubernetesConnection } from "@tenure/kubernetes";
import { z } from "zod";
import { stackApplierToken } from "./stack-applier.ts";
import { StackApplierComponent } from "./stack-applier-component.ts";

/** The section `stacks` of the configuration. */
export const stackApplierOptions = z.object({
  scope: z.string().min(1).default("leader").describe("The lease under which stacks are applied."),
  parentNamespace: z
    .string()
    .min(1)
    .default("kube-system")
    .describe("Where the parents of stacks, their inventories, are."),
  // One minute: what somebody has changed by hand is corrected by then.
  resyncInterval: duration.default(60_000).describe("Everything is applied again after this time."),
});

/** Adds the component `stack-applier`, which keeps named stacks on the cluster for as long as the lease is held. */
export const stackApplier = definePlugin({
  name: "stacks",
  description: "Applies named stacks of objects and keeps them on the cluster.",
  config: stackApplierOptions,
  uses: [kubernetesConnection()],
  contribute: ({ scope, parentNamespace, resyncInterval }) => ({
    components: [
      defineComponent({
        name: "stack-applier",
        scope,
        provides: stackApplierToken,
        needs: { kubernetes: kubernetesClient },
        spawns: true,
        create: ({ kubernetes }, _, { clock }) =>
          new StackApplierComponent(kubernetes, clock, { parentNamespace, resyncInterval }),
      }),
    ],
  }),
});
