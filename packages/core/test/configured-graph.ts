import { definePlugin, type LeaseTiming } from "@tenure/core";
import { FakeLease } from "@tenure/testing";
import { z } from "zod";
import type { ProbeOptions, Probes } from "./probe-component.ts";

const component = z.object({
  version: z.number().default(1),
  scope: z.string().default("leader"),
  needs: z.array(z.string()).default([]),
  provides: z.string().optional(),
  startTimeout: z.number().optional(),
  stopTimeout: z.number().optional(),
  spawns: z.boolean().optional(),
  restart: z.object({ mode: z.enum(["never", "always"]) }).optional(),
});

export type ConfiguredComponent = z.input<typeof component>;

/** What instances of a probe do, by the component's name and version: `a@2`. */
export interface Behaviour {
  start?(): Promise<void> | void;
  stop?(): Promise<void> | void;
}

/**
 * A plugin whose configuration is the graph: whatever it says are its components and leases. In the journal a component of version 2
 * is `a@2`, so that it shows of which definition an instance is.
 */
export function configuredGraph(probes: Probes, behaviour: Readonly<Record<string, Behaviour>> = {}) {
  const leases = new Map<string, FakeLease>();
  let contributions = 0;
  const plugin = definePlugin({
    name: "graph",
    config: z.object({
      components: z.record(z.string(), component).default({}),
      leases: z.record(z.string(), z.object({ retryPeriod: z.number().default(2_000) })).default({}),
      fails: z.boolean().optional(),
    }),
    contribute: (config) => {
      contributions++;
      if (config.fails) throw new Error("it cannot");
      return {
        components: Object.entries(config.components).map(([name, { version, needs, provides, ...options }]) =>
          probes.define(name, {
            ...(options as ProbeOptions),
            ...behaviour[`${name}@${version}`],
            label: `${name}@${version}`,
            needs: needs.map((token) => ({ name: token })),
            ...(provides === undefined ? {} : { provides: { name: provides } }),
            config: { version },
          }),
        ),
        leases: Object.entries(config.leases).map(([name, { retryPeriod }]) => {
          const timing: LeaseTiming = {
            leaseDuration: 15_000,
            renewDeadline: 10_000,
            retryPeriod,
            safetyMargin: 1_000,
          };
          const lease = new FakeLease({ name, timing });
          leases.set(name, lease);
          return lease.definition;
        }),
      };
    },
  });
  return {
    plugin,
    leases,
    get contributions() {
      return contributions;
    },
  };
}
