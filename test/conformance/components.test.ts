import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childProcess } from "@tenure/core";
import { statusEndpoint } from "@tenure/example-distribution/status";
import {
  type KubernetesClient,
  type KubernetesConnection,
  type KubernetesObject,
  kubernetesClient,
  kubernetesConnection,
} from "@tenure/kubernetes";
import { type ManifestDirectory, manifestApplier, manifestDirectoryToken } from "@tenure/manifest-applier";
import { type StackApplier, stackApplier, stackApplierToken } from "@tenure/stack-applier";
import { type ConformanceOptions, componentConformance, fakePlugin, fakeProvider } from "@tenure/testing";
import { afterAll, beforeAll, describe, test } from "vitest";
import { clusterInfo } from "../../examples/distribution/src/cluster-info.ts";
import { coreDns } from "../../examples/distribution/src/coredns.ts";

const directory = join(tmpdir(), `tenure-conformance-${process.pid}`);

beforeAll(async () => {
  await mkdir(join(directory, "manifests/team-a"), { recursive: true });
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" } };
  await writeFile(join(directory, "manifests/team-a/a.yaml"), JSON.stringify(object));
  await writeFile(
    join(directory, "kubeconfig"),
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "main",
      // Nobody listens there: what calls it, and calls it again, is in the middle of its work.
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      contexts: [{ name: "main", context: { cluster: "c", user: "admin" } }],
      users: [{ name: "admin", user: { token: "secret-token" } }],
    }),
  );
});

afterAll(() => rm(directory, { recursive: true }));

/** Counts what is applied with a term that is held; refuses the rest, as the real one does. */
class CountingClient {
  writes = 0;

  readonly connection: KubernetesConnection = {
    client: {
      apply: async (term, object) => {
        term.assertHeld();
        this.writes++;
        return object as KubernetesObject;
      },
    } as Partial<KubernetesClient> as KubernetesClient,
    newClient: () => this.connection.client,
  };
}

const counting = new CountingClient();
const fakeKubernetes = fakePlugin("kubernetes", fakeProvider(kubernetesClient, counting.connection));

const stacks: StackApplier = {
  apply() {},
  async remove() {},
  status: () => [],
  subscribe: () => () => {},
  stacksOnCluster: async () => [],
};
const fakeStacks = fakePlugin("stacks", fakeProvider(stackApplierToken, stacks));

const emptyDirectory: ManifestDirectory = {
  snapshot: {
    directory: "/manifests",
    version: 1,
    scanned: true,
    silent: undefined,
    stacks: new Map(),
    removed: new Set(),
    ignored: [],
    watching: "by events",
  },
  subscribe: () => () => {},
};

/** The components of the repository that can start without a cluster. */
const components: Readonly<Record<string, ConformanceOptions>> = {
  "the connection to Kubernetes": {
    component: "kubernetes",
    plugins: [kubernetesConnection({ kubeconfig: join(directory, "kubeconfig") })],
  },
  "the stack applier, whose API server is away": {
    component: "stack-applier",
    plugins: [kubernetesConnection({ kubeconfig: join(directory, "kubeconfig") }), stackApplier()],
    work: (applier) => {
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" } };
      (applier as StackApplier).apply({ name: "stack", objects: [{ object }], hash: "1" });
    },
  },
  "the directory of manifests": {
    component: "manifest-directory",
    plugins: [fakeStacks, manifestApplier({ directory: join(directory, "manifests") })],
  },
  "the manifest applier": {
    component: "manifest-applier",
    plugins: [fakeStacks, manifestApplier({ directory: join(directory, "manifests") })],
  },
  "the example's DNS": { component: "coredns", plugins: [fakeStacks, coreDns()] },
  "the example's cluster information": {
    component: "cluster-info",
    plugins: [fakeKubernetes, fakeStacks, coreDns(), clusterInfo({ clusterName: "test" })],
    writes: () => counting.writes,
  },
  "the example's status endpoint": {
    component: statusEndpoint({
      port: 0,
      snapshot: () => ({}) as ReturnType<Parameters<typeof statusEndpoint>[0]["snapshot"]>,
      listening: () => {},
    }),
    provide: [fakeProvider(manifestDirectoryToken, emptyDirectory)],
  },
  "a child process": {
    component: childProcess({ name: "sleep", scope: "leader", command: "sleep", args: ["60"] }),
    terms: 10,
  },
};

describe.each(Object.entries(components))("%s", (_, options) => {
  componentConformance({ ...options, test });
});
