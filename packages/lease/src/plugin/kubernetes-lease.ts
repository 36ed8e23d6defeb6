import { defineLease, definePlugin, uniqueIdentity } from "@tenure/core";
import { kubernetesClient, kubernetesConnection } from "@tenure/kubernetes";
import { KubernetesLeaseElector } from "../elector/kubernetes-lease-elector.ts";
import { leaseOptions } from "./lease-options.ts";

/** The lease `leader` as a Lease object on the API server: of all controllers that name the same object, one holds it. */
export const kubernetesLease = definePlugin({
  name: "lease",
  description: "The lease that one of all controllers holds, as a Lease object on the API server.",
  config: leaseOptions,
  uses: [kubernetesConnection()],
  contribute: (options) => {
    const { leaseDuration, renewDeadline, renewInterval, retryPeriod, safetyMargin } = options;
    const identity = options.identity ?? uniqueIdentity();
    const timing = { leaseDuration, renewDeadline, retryPeriod, safetyMargin };
    return {
      leases: [
        defineLease({
          name: options.name,
          needs: { kubernetes: kubernetesClient },
          timing,
          create: ({ kubernetes }, { clock }) =>
            new KubernetesLeaseElector({
              client: kubernetes.newClient(),
              location: { namespace: options.namespace, name: options.resourceName },
              identity,
              timing: { ...timing, renewInterval },
              clock,
            }),
        }),
      ],
    };
  },
});
