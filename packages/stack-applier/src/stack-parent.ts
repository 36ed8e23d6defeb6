import type { Term } from "@tenure/core";
import type { CallOptions, KubernetesClient, KubernetesObject } from "@tenure/kubernetes";
import { applySet, applySetId, tenure, toolingName } from "./apply-set.ts";
import type { StackOnCluster, StackSource } from "./stack-source.ts";

const parentKind = { apiVersion: "v1", kind: "ConfigMap" } as const;
const fieldManager = "tenure-stack-applier";

/** What the parent says of the stack's extent. Wide before the first write, narrow after the last prune. */
export interface Extent {
  /** `Kind.group`, sorted. */
  readonly groupKinds: readonly string[];
  /** Beside the parent's own, sorted. */
  readonly namespaces: readonly string[];
}

/**
 * The parent of a stack's ApplySet: the inventory. It names the kinds and namespaces in which members may be; the members are found by
 * their label. A ConfigMap, so that kubectl's ApplySet commands know it without a definition of ours.
 */
export class StackParent {
  readonly id: string;
  readonly #client: KubernetesClient;
  readonly #term: Term;
  readonly #stack: string;
  readonly #reference: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  };
  #written: KubernetesObject | undefined;

  constructor(client: KubernetesClient, term: Term, stack: string, namespace: string) {
    this.#client = client;
    this.#term = term;
    this.#stack = stack;
    this.#reference = { ...parentKind, namespace, name: `tenure-stack-${stack}` };
    this.id = applySetId({ name: this.#reference.name, namespace, kind: parentKind.kind, group: "" });
  }

  /** Read afresh. Undefined: there is none, which says nothing about members: they are found by label. */
  async read(options: CallOptions): Promise<Extent | undefined> {
    this.#written = await this.#client.get(this.#reference, options);
    return this.#written === undefined ? undefined : extentOf(this.#written);
  }

  /** Does nothing when the parent says all this already. The node is added to those that had the source, never removed. */
  async write(extent: Extent, source: StackSource, options: CallOptions): Promise<void> {
    const before = this.#written?.metadata.annotations ?? {};
    const nodes = new Set(split(before[tenure.nodes]));
    if (source.source !== undefined) nodes.add(source.source.node);
    const annotations = {
      [applySet.tooling]: toolingName,
      [applySet.groupKinds]: [...extent.groupKinds].sort().join(","),
      [applySet.namespaces]: [...extent.namespaces].sort().join(","),
      [tenure.hash]: source.hash,
      [tenure.nodes]: [...nodes].sort().join(","),
      ...(source.source && { [tenure.sourceKind]: source.source.kind }),
    };
    if (Object.entries(annotations).every(([key, value]) => before[key] === value)) return;
    const { namespace, name } = this.#reference;
    const labels = { [applySet.id]: this.id, [tenure.stack]: this.#stack };
    this.#written = await this.#client.apply(
      this.#term,
      { ...parentKind, metadata: { namespace, name, labels, annotations } },
      { fieldManager, force: true, ...options },
    );
  }

  async delete(options: CallOptions): Promise<void> {
    const { uid } = this.#written?.metadata ?? {};
    await this.#client.delete(this.#term, this.#reference, { ...(uid && { uid }), ...options });
    this.#written = undefined;
  }
}

/** Every stack that is recorded on the cluster in this namespace. @throws KubernetesError */
export async function listStacks(
  client: KubernetesClient,
  namespace: string,
  options: CallOptions,
): Promise<readonly StackOnCluster[]> {
  const list = await client.list(
    { ...parentKind, namespace, labelSelector: tenure.stack, metadataOnly: true },
    options,
  );
  return list.items.map(({ metadata }) => ({
    name: metadata.labels?.[tenure.stack] ?? "",
    sourceKind: metadata.annotations?.[tenure.sourceKind],
    nodes: split(metadata.annotations?.[tenure.nodes]),
    hash: metadata.annotations?.[tenure.hash],
  }));
}

function extentOf(parent: KubernetesObject): Extent {
  const { annotations } = parent.metadata;
  return {
    groupKinds: split(annotations?.[applySet.groupKinds]),
    namespaces: split(annotations?.[applySet.namespaces]),
  };
}

function split(list: string | undefined): readonly string[] {
  return list ? list.split(",") : [];
}
