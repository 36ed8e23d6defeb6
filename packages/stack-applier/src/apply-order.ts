import type { KubernetesObject } from "@tenure/kubernetes";

/** What others need comes first, what intercepts others comes last. Kinds that are not named come with the workloads. */
const waves: readonly (readonly string[])[] = [
  ["Namespace", "CustomResourceDefinition"],
  ["StorageClass", "IngressClass", "RuntimeClass", "PriorityClass"],
  ["ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"],
  ["ResourceQuota", "LimitRange", "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim", "Service"],
];
const workloads = waves.length;
const last = workloads + 1;
const lastKinds: ReadonlySet<string> = new Set([
  "MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration",
  "ValidatingAdmissionPolicyBinding",
  "APIService",
]);

export function waveOf({ kind }: Pick<KubernetesObject, "kind">): number {
  if (lastKinds.has(kind)) return last;
  const wave = waves.findIndex((kinds) => kinds.includes(kind));
  return wave < 0 ? workloads : wave;
}

/** Groups of what can be applied at once, first to last. Deletion takes them in reverse. */
export function inWaves<T>(
  items: readonly T[],
  objectOf: (item: T) => Pick<KubernetesObject, "kind">,
): readonly (readonly T[])[] {
  const result = new Map<number, T[]>();
  for (const item of items) {
    const wave = waveOf(objectOf(item));
    const members = result.get(wave) ?? [];
    members.push(item);
    result.set(wave, members);
  }
  return [...result.entries()].sort(([left], [right]) => left - right).map(([, members]) => members);
}
