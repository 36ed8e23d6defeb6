import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesClient, KubernetesObject } from "@tenure/kubernetes";
import { parseAllDocuments } from "yaml";

/** One thing in which the cluster is not as the directory says. */
export interface Difference {
  readonly object: string;
  readonly what: string;
}

/**
 * Compares a directory of manifests with the cluster: every value that a manifest states must be there. Reads both by itself, with
 * a parser and rules of its own, so that it is a judge of what the appliers did and not a part of it.
 */
export async function compareWithCluster(directory: string, client: KubernetesClient): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const object of await readManifests(directory)) {
    const name = describe(object);
    const live = await client.get({
      apiVersion: object.apiVersion,
      kind: object.kind,
      name: object.metadata.name ?? "",
      ...(object.metadata.namespace && { namespace: object.metadata.namespace }),
    });
    if (live === undefined) differences.push({ object: name, what: "is not in the cluster" });
    else differences.push(...differing(object, live, "").map((what) => ({ object: name, what })));
  }
  return differences;
}

export async function readManifests(directory: string): Promise<readonly KubernetesObject[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const objects: KubernetesObject[] = [];
  for (const file of files) {
    for (const document of parseAllDocuments(await readFile(file, "utf8"))) {
      const object = document.toJS() as KubernetesObject | null;
      if (object !== null) objects.push(object);
    }
  }
  return objects;
}

export function describe(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return `${object.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Paths at which `live` lacks what `stated` says. What the server adds is not looked at. */
function differing(stated: unknown, live: unknown, path: string): string[] {
  if (Array.isArray(stated)) {
    if (!Array.isArray(live) || live.length !== stated.length) return [`${path} is not the list that is stated`];
    return stated.flatMap((item, index) => differing(item, live[index], `${path}[${index}]`));
  }
  if (typeof stated === "object" && stated !== null) {
    if (typeof live !== "object" || live === null) return [`${path} is missing`];
    return Object.entries(stated).flatMap(([key, value]) =>
      differing(value, (live as Record<string, unknown>)[key], `${path}.${key}`),
    );
  }
  return stated === live ? [] : [`${path} is ${JSON.stringify(live)}, not ${JSON.stringify(stated)}`];
}
