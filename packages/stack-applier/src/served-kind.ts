import { type CallOptions, type KubernetesClient, KubernetesError } from "@tenure/kubernetes";
import { parseGroupKind } from "./apply-set.ts";

interface ApiGroup {
  readonly preferredVersion?: { readonly groupVersion: string };
  readonly versions?: readonly { readonly groupVersion: string }[];
}

/**
 * An apiVersion under which the server serves a kind now, whatever it was written as.
 *
 * @returns undefined when the server answers that it serves none: then there are no objects of it.
 * @throws KubernetesError when that is not certain.
 */
export async function servedApiVersion(
  client: KubernetesClient,
  groupKind: string,
  options: CallOptions,
): Promise<string | undefined> {
  const { group, kind } = parseGroupKind(groupKind);
  for (const apiVersion of group === "" ? ["v1"] : await versionsOf(client, group, options)) {
    try {
      await client.resourceFor(apiVersion, kind, options);
      return apiVersion;
    } catch (error) {
      if (!(error instanceof KubernetesError && error.code === "KUBE_UNKNOWN_KIND")) throw error;
    }
  }
  return undefined;
}

async function versionsOf(client: KubernetesClient, group: string, options: CallOptions): Promise<readonly string[]> {
  try {
    const { preferredVersion, versions } = (await client.getRaw(`/apis/${group}`, options)) as ApiGroup;
    const all = (versions ?? []).map((version) => version.groupVersion);
    return preferredVersion === undefined ? all : [...new Set([preferredVersion.groupVersion, ...all])];
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return [];
    throw error;
  }
}
