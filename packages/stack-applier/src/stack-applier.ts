import { createToken } from "@tenure/core";
import type { StackOnCluster, StackSource, StackStatus } from "./stack-source.ts";

/**
 * Keeps named stacks on the cluster as their sources say. What plugins use; they need not think about leadership, since the applier
 * lives within one term like they do: in the next term they hand over their stacks again.
 */
export interface StackApplier {
  /** From now on the cluster is to have this stack. Returns at once; a source of the same name replaces the earlier one. */
  apply(source: StackSource): void;
  /** From now on the cluster is not to have it. Resolves when nothing of it is left; rejects when the applier stops before. */
  remove(name: string): Promise<void>;
  status(): readonly StackStatus[];
  /** Called after every change of a stack's status. @returns a function that ends this. */
  subscribe(listener: (status: StackStatus) => void): () => void;
  /** What the cluster has recorded, whoever applied it. @throws KubernetesError */
  stacksOnCluster(): Promise<readonly StackOnCluster[]>;
}

export const stackApplierToken = createToken<StackApplier>("stack-applier.stacks");
