import { type LeaseElector, systemClock } from "@tenure/core";
import { createClient } from "@tenure/kubernetes";
import { KubernetesLeaseElector } from "@tenure/lease";
import { FaultProxy, leaseProviderConformance } from "@tenure/testing";
import { afterAll, describe, inject, test } from "vitest";
import { changedKubeconfig, patchByHand, timing, useElectors } from "./elector-lab.ts";

useElectors();

describe("the elector keeps the contract on a real API server", () => {
  let identities = 0;
  /** Each elector has a way of its own to the server. */
  const proxies = new Map<LeaseElector, FaultProxy>();

  afterAll(async () => {
    for (const proxy of proxies.values()) await proxy[Symbol.asyncDispose]();
  });

  leaseProviderConformance({
    test,
    async create(name) {
      const target = { port: Number(new URL(inject("apiServerUrl")).port) };
      const proxy = await FaultProxy.start({ target });
      const kubeconfig = await changedKubeconfig((text) => text.replaceAll(/(server:\s*)\S+/g, `$1${proxy.url}`));
      const elector = new KubernetesLeaseElector({
        client: await createClient({ kubeconfig }),
        location: { namespace: "default", name },
        identity: `node-${++identities}`,
        timing,
        clock: systemClock,
      });
      proxies.set(elector, proxy);
      return elector;
    },
    takeAway: async (_elector, name) => {
      await patchByHand(name, { spec: { holderIdentity: "by-hand", leaseDurationSeconds: 60 } });
    },
    cut: (elector) => proxies.get(elector)?.blackHole(),
    heal: (elector) => proxies.get(elector)?.heal(),
    takeOverWithin: 1_000,
    noticeWithin: timing.retryPeriod,
    terms: 10,
    // The proxies are the test's, though they are made with the electors; and one timer, which keeps no process alive, is that of all HTTP clients.
    ignore: ({ stack }) => stack.some((frame) => /fault-proxy|undici\/lib\/util\/timers/.test(frame)),
  });
});
