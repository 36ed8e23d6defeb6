import { createHash } from "node:crypto";
import { splitApiVersion } from "@tenure/kubernetes";

/** The names of the ApplySet specification (KEP-3659), as the code of kubectl has them. */
export const applySet = {
  /** On members: the id of their set. */
  partOf: "applyset.kubernetes.io/part-of",
  /** On the parent: its id. */
  id: "applyset.kubernetes.io/id",
  tooling: "applyset.kubernetes.io/tooling",
  groupKinds: "applyset.kubernetes.io/contains-group-kinds",
  namespaces: "applyset.kubernetes.io/additional-namespaces",
} as const;

/** Tenure's own names. */
export const tenure = {
  /** On the parent: the name of the stack. */
  stack: "tenure.dev/stack",
  hash: "tenure.dev/source-hash",
  sourceKind: "tenure.dev/source",
  nodes: "tenure.dev/source-nodes",
  /** On an object, `keep`: it stays when it leaves the stack. */
  prune: "tenure.dev/prune",
} as const;

export const toolingName = "tenure/v0.1";

/** applyset-<base64url(sha256(name.namespace.kind.group))>-v1 */
export function applySetId(parent: {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
  readonly group: string;
}): string {
  const { name, namespace, kind, group } = parent;
  return `applyset-${createHash("sha256").update(`${name}.${namespace}.${kind}.${group}`).digest("base64url")}-v1`;
}

/** `Deployment.apps`, or `ConfigMap` for the core group. */
export function groupKindOf(apiVersion: string, kind: string): string {
  const { group } = splitApiVersion(apiVersion);
  return group === "" ? kind : `${kind}.${group}`;
}

export function parseGroupKind(text: string): { readonly group: string; readonly kind: string } {
  const dot = text.indexOf(".");
  return dot < 0 ? { kind: text, group: "" } : { kind: text.slice(0, dot), group: text.slice(dot + 1) };
}
