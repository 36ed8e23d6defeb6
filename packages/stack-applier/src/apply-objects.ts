import { KubernetesError, type KubernetesObject } from "@tenure/kubernetes";
import { inWaves } from "./apply-order.ts";
import { groupKindOf } from "./apply-set.ts";
import { awaitEstablished } from "./established.ts";
import { type PassContext, pause } from "./pass-context.ts";
import { definedKinds } from "./prepare-objects.ts";
import { failureOf } from "./stack-failure.ts";
import type { StackFailure, StackObject } from "./stack-source.ts";

/**
 * Applies everything, wave by wave. A failure of one object harms no other: those that rely on it fail by themselves and are tried
 * again with it.
 */
export async function applyObjects(
  objects: readonly StackObject[],
  context: PassContext,
): Promise<{ readonly applied: number; readonly failures: readonly StackFailure[] }> {
  const defined = definedKinds(objects);
  const failures: StackFailure[] = [];
  for (const wave of inWaves(objects, (item) => item.object)) {
    const results = await Promise.all(
      wave.map(async (item) => {
        try {
          await applyOne(item.object, defined, context);
          return undefined;
        } catch (error) {
          return failureOf(item, error);
        }
      }),
    );
    failures.push(...results.filter((failure) => failure !== undefined));
    if (wave.some(({ object }) => object.kind === "CustomResourceDefinition")) context.client.invalidateDiscovery();
  }
  return { applied: objects.length - failures.length, failures };
}

async function applyOne(
  object: KubernetesObject,
  defined: ReadonlyMap<string, boolean>,
  context: PassContext,
): Promise<void> {
  const ours = defined.has(groupKindOf(object.apiVersion, object.kind));
  const live = ours ? await applyWhenServed(object, context) : await apply(object, context);
  if (live.metadata.deletionTimestamp !== undefined) throw terminating();
  if (object.kind === "CustomResourceDefinition") await awaitEstablished(live, context);
}

function apply(
  object: KubernetesObject,
  { client, term, signal, fieldManager }: PassContext,
): Promise<KubernetesObject> {
  return client.apply(term, object, { fieldManager, signal });
}

/** Established, a definition's resources are still refused for some 25 ms (measured): asked again until then, and well beyond. */
async function applyWhenServed(object: KubernetesObject, context: PassContext): Promise<KubernetesObject> {
  for (let tries = 1; ; tries++) {
    try {
      return await apply(object, context);
    } catch (error) {
      const notYet = error instanceof KubernetesError && error.status === 404;
      if (!notYet || tries >= 40 || context.signal.aborted) throw error;
      await pause(25, context);
    }
  }
}

/** An apply to an object that is being deleted is accepted, and the object disappears all the same. */
function terminating(): KubernetesError {
  return new KubernetesError("it is being deleted by somebody; it is made again when it is gone", {
    code: "KUBE_CONFLICT",
    kind: "transient",
    remedy: "Wait; if it stays, see the finalizers in its metadata.",
  });
}
