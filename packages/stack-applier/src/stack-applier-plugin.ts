import { defineComponent, definePlugin, duration } from "@tenure/core";
import { kubernetesClient, kubernetesConnection } from "@tenure/kubernetes";
import { z } from "zod";
import { stackApplierToken } from "./stack-applier.ts";
import { StackApplierComponent } from "./stack-applier-component.ts";

/** The section `stacks` of the configuration. */
export const stackApplierOptions = z.object({
  /** The lease under which stacks are applied. */
  scope: z.string().min(1).default("leader"),
  /** Where the parents of stacks, their inventories, are. */
  parentNamespace: z.string().min(1).default("kube-system"),
  /** Everything is applied again after this time. Default one minute: what somebody has changed by hand is corrected by then. */
  resyncInterval: duration.default(60_000),
});

/** Adds the component `stack-applier`, which keeps named stacks on the cluster for as long as the lease is held. */
export const stackApplier = definePlugin({
  name: "stacks",
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
