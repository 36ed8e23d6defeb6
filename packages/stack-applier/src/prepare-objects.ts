import type { KubernetesObject } from "@tenure/kubernetes";
import { applySet, groupKindOf } from "./apply-set.ts";
import type { PassContext } from "./pass-context.ts";
import { failureOf } from "./stack-failure.ts";
import type { Extent } from "./stack-parent.ts";
import type { StackFailure, StackObject, StackSource } from "./stack-source.ts";

export interface PreparedObjects {
  /** As they are sent: labelled as members, with a namespace where their kind has one. */
  readonly ready: readonly StackObject[];
  /** Kinds that the server does not know; those that the stack itself defines are not among them. */
  readonly failures: readonly StackFailure[];
}

/** Makes members of the objects: nothing of the caller's is changed. */
export async function prepareObjects(source: StackSource, context: PassContext): Promise<PreparedObjects> {
  const defined = definedKinds(source.objects);
  const ready: StackObject[] = [];
  const failures: StackFailure[] = [];
  for (const item of source.objects) {
    try {
      ready.push({ ...item, object: await prepareOne(item.object, source, defined, context) });
    } catch (error) {
      failures.push(failureOf(item, error));
    }
  }
  return { ready, failures };
}

async function prepareOne(
  object: KubernetesObject,
  source: StackSource,
  defined: ReadonlyMap<string, boolean>,
  context: PassContext,
): Promise<KubernetesObject> {
  const { client, signal, parent } = context;
  const ours = defined.get(groupKindOf(object.apiVersion, object.kind));
  // What the stack defines itself may not be served yet; its definition says whether it has a namespace.
  const namespaced = ours ?? (await client.resourceFor(object.apiVersion, object.kind, { signal })).namespaced;
  const { namespace, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(namespaced && { namespace: namespace ?? source.defaultNamespace ?? "default" }),
      labels: { ...metadata.labels, [applySet.partOf]: parent.id },
    },
  };
}

/** The kinds that the stack's own CustomResourceDefinitions define, and whether they are namespaced. */
export function definedKinds(objects: readonly StackObject[]): ReadonlyMap<string, boolean> {
  const kinds = new Map<string, boolean>();
  for (const { object } of objects) {
    if (object.kind !== "CustomResourceDefinition") continue;
    const spec = (object.spec ?? {}) as { group?: string; scope?: string; names?: { kind?: string } };
    kinds.set(`${spec.names?.kind}.${spec.group}`, spec.scope === "Namespaced");
  }
  return kinds;
}

export function extentOf(objects: readonly StackObject[]): Extent {
  const groupKinds = new Set(objects.map(({ object }) => groupKindOf(object.apiVersion, object.kind)));
  const namespaces = new Set(objects.flatMap(({ object }) => object.metadata.namespace ?? []));
  return { groupKinds: [...groupKinds].sort(), namespaces: [...namespaces].sort() };
}

export function union(left: Extent | undefined, right: Extent): Extent {
  if (left === undefined) return right;
  return {
    groupKinds: [...new Set([...left.groupKinds, ...right.groupKinds])].sort(),
    namespaces: [...new Set([...left.namespaces, ...right.namespaces])].sort(),
  };
}
