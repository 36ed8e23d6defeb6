import {
  defineComponent,
  defineLease,
  definePlugin,
  type LeaseHost,
  type Plugin,
  type PluginContribution,
  uniqueIdentity,
} from "@tenure/core";
import { kubernetesClient, kubernetesConnection } from "@tenure/kubernetes";
import { z } from "zod";
import { leaseNames } from "../plugin/lease-names.ts";
import { SingleNodeCheck } from "./single-node-check.ts";
import { SingleNodeElector, singleNodeTiming } from "./single-node-elector.ts";
import { tokensOfThisProcess } from "./token-count.ts";

/** The section `lease` of the configuration: the names that `kubernetesLease` has, and none of its times. */
export const singleNodeLeaseOptions = z.object(leaseNames);

type Options = z.output<typeof singleNodeLeaseOptions>;

const plugin = { name: "lease", config: singleNodeLeaseOptions };

const checkedLease = definePlugin({
  ...plugin,
  description: "The lease of a single node, always held where nobody holds or would hold the Lease of that name.",
  uses: [kubernetesConnection()],
  contribute: (options): PluginContribution => {
    const location = { namespace: options.namespace, name: options.resourceName };
    const check = defineComponent({
      name: "single-node-check",
      needs: { kubernetes: kubernetesClient },
      create: ({ kubernetes }) => new SingleNodeCheck(kubernetes, location),
    });
    const elector = electorOf(options);
    return {
      components: [check],
      leases: [
        defineLease({
          name: options.name,
          needs: { check },
          timing: singleNodeTiming,
          create: ({ check }, { clock }) => {
            tokensOfThisProcess.startFrom(check.leastToken);
            return elector(clock);
          },
        }),
      ],
    };
  },
});

const uncheckedLease = definePlugin({
  ...plugin,
  description: "The lease of a single node, always held.",
  contribute: (options): PluginContribution => {
    const elector = electorOf(options);
    return {
      leases: [
        defineLease({ name: options.name, timing: singleNodeTiming, create: (_needs, { clock }) => elector(clock) }),
      ],
    };
  },
});

/**
 * The lease `leader` of a controller that is the only one: held from the start of the process to its end, without a call for it. In place of
 * `kubernetesLease`, whose section of the configuration it reads; components see no difference.
 *
 * Before it is held, one look at the API server: when somebody holds the Lease of that name, or would hold it, it is not held (`LEASE_OF_OTHERS`); neither
 * while that cannot be told (`LEASE_UNCHECKED`). Both are tried again for ever.
 *
 * @param options.check false: hold it without looking, for where there is no API server to ask, or it runs only under this lease. Said in code and not in
 * the configuration, since it decides whether a connection is part of the composition. Default true.
 */
export function singleNodeLease({
  check = true,
  ...options
}: Partial<z.input<typeof singleNodeLeaseOptions>> & { readonly check?: boolean } = {}): Plugin {
  return check ? checkedLease(options) : uncheckedLease(options);
}

function electorOf(options: Options): (clock: LeaseHost["clock"]) => SingleNodeElector {
  const identity = options.identity ?? uniqueIdentity();
  return (clock) => new SingleNodeElector({ identity, clock, nextToken: () => tokensOfThisProcess.next() });
}
