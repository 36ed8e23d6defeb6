import { describeError, TermEndedError } from "@tenure/core";
import { type KubernetesObject, referenceTo } from "@tenure/kubernetes";
import { inWaves } from "./apply-order.ts";
import { applySet, groupKindOf, tenure } from "./apply-set.ts";
import type { PassContext } from "./pass-context.ts";
import { servedApiVersion } from "./served-kind.ts";
import { failureOf } from "./stack-failure.ts";
import type { Extent } from "./stack-parent.ts";
import type { StackFailure, StackObject } from "./stack-source.ts";

export interface PruneResult {
  readonly pruned: number;
  /** Members that should not be there and, as far as is known, still are. */
  readonly left: number;
  /** Why nothing was pruned: a listing failed, so what is there is not known. */
  readonly held: string | undefined;
  readonly failures: readonly StackFailure[];
}

/**
 * Deletes the members that are not wanted. Only what carries the label of this very set is looked at; each is deleted by its uid and
 * resourceVersion, so that what somebody has changed or made anew since stays. If any listing fails, nothing is deleted: an error
 * is not an empty list.
 */
export async function pruneLeftovers(
  extent: Extent,
  wanted: readonly StackObject[],
  context: PassContext,
): Promise<PruneResult> {
  const keys = new Set(wanted.map(({ object }) => keyOf(object)));
  const leftovers: KubernetesObject[] = [];
  for (const groupKind of extent.groupKinds) {
    try {
      for (const member of await membersOf(groupKind, context)) {
        const kept = member.metadata.annotations?.[tenure.prune] === "keep";
        if (!kept && !keys.has(keyOf(member))) leftovers.push(member);
      }
    } catch (error) {
      if (error instanceof TermEndedError) throw error;
      return { pruned: 0, left: 0, held: `${groupKind} could not be listed: ${describeError(error)}`, failures: [] };
    }
  }
  return deleteAll(leftovers, context);
}

async function membersOf(groupKind: string, context: PassContext): Promise<readonly KubernetesObject[]> {
  const { client, signal, parent } = context;
  const apiVersion = await servedApiVersion(client, groupKind, { signal });
  if (apiVersion === undefined) return [];
  const kind = groupKind.split(".", 1)[0] ?? groupKind;
  const labelSelector = `${applySet.partOf}=${parent.id}`;
  return (await client.list({ apiVersion, kind, labelSelector, metadataOnly: true }, { signal })).items;
}

async function deleteAll(leftovers: readonly KubernetesObject[], context: PassContext): Promise<PruneResult> {
  const failures: StackFailure[] = [];
  let pruned = 0;
  let left = 0;
  for (const wave of [...inWaves(leftovers, (object) => object)].reverse()) {
    await Promise.all(
      wave.map(async (object) => {
        if (object.metadata.deletionTimestamp !== undefined) {
          left++;
          return;
        }
        try {
          await deleteOne(object, context);
          pruned++;
          // It may wait for its finalizers: the next listing tells.
          left++;
        } catch (error) {
          left++;
          failures.push(failureOf({ object }, error));
        }
      }),
    );
  }
  return { pruned, left, held: undefined, failures };
}

async function deleteOne(object: KubernetesObject, { client, term, signal }: PassContext): Promise<void> {
  const { uid, resourceVersion } = object.metadata;
  await client.delete(term, referenceTo(object), {
    signal,
    ...(uid && { uid }),
    ...(resourceVersion && { resourceVersion }),
  });
}

/** Without the version: an object is the same under all of them. */
function keyOf(object: KubernetesObject): string {
  return `${groupKindOf(object.apiVersion, object.kind)} ${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
