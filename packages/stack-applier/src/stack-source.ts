import type { KubernetesObject } from "@tenure/kubernetes";

/** Where an object was written, for messages. */
export interface ObjectOrigin {
  /** Relative to its source, as `team-a/shop.yaml`. */
  readonly file: string;
  readonly line: number;
}

export interface StackObject {
  readonly object: KubernetesObject;
  readonly origin?: ObjectOrigin;
}

/** A named set of objects, as its author says it should be. */
export interface StackSource {
  /** Unique in a cluster; a DNS subdomain of at most 200 characters. */
  readonly name: string;
  readonly objects: readonly StackObject[];
  /** Of the content: another hash is another source. */
  readonly hash: string;
  /** Not all of it could be read: what is there is applied, and nothing of the stack is pruned. Default false. */
  readonly incomplete?: boolean;
  /** Given to namespaced objects that name none. Default `default`. */
  readonly defaultNamespace?: string;
  /** Whose stack it is; recorded on the cluster. */
  readonly source?: { readonly kind: string; readonly node: string };
}

/** What the cluster has recorded of a stack. */
export interface StackOnCluster {
  readonly name: string;
  readonly sourceKind: string | undefined;
  /** The nodes that are recorded to have had its source. */
  readonly nodes: readonly string[];
  readonly hash: string | undefined;
}

/** One object that is not as the source says. Never contains the content of an object. */
export interface StackFailure {
  readonly object: string;
  readonly origin: ObjectOrigin | undefined;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** It is tried again soon; else when the source changes, or with the next full pass. */
  readonly transient: boolean;
}

export interface StackStatus {
  readonly name: string;
  readonly phase: "applying" | "ready" | "failing" | "removing";
  readonly hash: string;
  /** Objects in the source, and those that were applied in the last pass. */
  readonly objects: { readonly total: number; readonly applied: number };
  /** Deleted since the process began, because they left the source. */
  readonly pruned: number;
  /** Why nothing is pruned at the moment; undefined when it is. */
  readonly pruneHeld: string | undefined;
  /** When the last pass without a failure ended: wall clock, ISO 8601, for people. */
  readonly lastApplied: string | undefined;
  readonly failures: readonly StackFailure[];
}
