import { KubernetesError, type KubernetesObject } from "@tenure/kubernetes";
import type { PassContext } from "./pass-context.ts";

const definition = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" } as const;

/** A definition that is not established after this many ms has a fault, as names that are taken. */
const patience = 30_000;

/** Resolves when the API server serves the definition's resources: seen by a watch, not by waiting. @throws KubernetesError */
export async function awaitEstablished(object: KubernetesObject, context: PassContext): Promise<void> {
  if (conditionOf(object, "Established")?.status === "True") return;
  const name = object.metadata.name ?? "";
  const late = new AbortController();
  const timer = context.clock.setTimer(patience, () => late.abort());
  const signal = AbortSignal.any([context.signal, late.signal]);
  let message = "it has not been looked at";
  try {
    for await (const { type, object: now } of context.client.watch(
      { ...definition, fieldSelector: `metadata.name=${name}` },
      { signal },
    )) {
      if (type === "BOOKMARK") continue;
      if (conditionOf(now, "Established")?.status === "True") return;
      const refused = conditionOf(now, "NamesAccepted");
      if (refused?.status === "False") message = refused.message ?? "its names are taken";
    }
  } finally {
    timer.cancel();
  }
  throw new KubernetesError(`CustomResourceDefinition ${name} is not established: ${message}`, {
    code: "KUBE_UNKNOWN_KIND",
    kind: "transient",
    remedy: "See the conditions of the definition's status.",
  });
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

function conditionOf(object: KubernetesObject, type: string): Condition | undefined {
  const { conditions } = (object.status ?? {}) as { conditions?: readonly Condition[] };
  return conditions?.find((condition) => condition.type === type);
}
