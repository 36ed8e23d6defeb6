import { randomUUID } from "node:crypto";
import type { Plugin } from "@tenure/core";
import { kubernetesConnection } from "@tenure/kubernetes";
import { kubernetesLease } from "@tenure/lease";
import { manifestApplier } from "@tenure/manifest-applier";
import { stackApplier } from "@tenure/stack-applier";
import { clusterInfo } from "./cluster-info.ts";
import { coreDns } from "./coredns.ts";

/** Everything that the distribution consists of. What is not given here is for the configuration file. */
export function distributionPlugins(options: {
  readonly kubeconfig?: string;
  readonly manifests?: string;
  readonly node?: string;
}): readonly Plugin[] {
  const { kubeconfig, manifests, node } = options;
  return [
    kubernetesConnection({ ...(kubeconfig && { kubeconfig }) }),
    kubernetesLease({ ...(node && { identity: `${node}_${randomUUID()}` }) }),
    stackApplier(),
    manifestApplier({ ...(manifests && { directory: manifests }), ...(node && { node }) }),
    coreDns(),
    clusterInfo(),
  ];
}
