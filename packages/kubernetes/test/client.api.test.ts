import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProcessTerm, systemClock, TermEndedError } from "@tenure/core";
import { createClient, type KubernetesClient, KubernetesError, type KubernetesObject } from "@tenure/kubernetes";
import { FaultProxy } from "@tenure/testing";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const fieldManager = "client-test";
let client: KubernetesClient;
const { term } = createProcessTerm("test", systemClock);

beforeAll(async () => {
  client = await createClient({ kubeconfig: inject("kubeconfig") });
});

afterAll(() => client.close());

function configMap(name: string, data: Record<string, string> = { a: "1" }): KubernetesObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data };
}

async function errorOf(promise: Promise<unknown>): Promise<KubernetesError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KubernetesError) return error;
  throw new Error("no KubernetesError", { cause: error });
}

describe("the client on a real API server", () => {
  test("applies, and a second apply of the same changes nothing", async () => {
    const first = await client.apply(term, configMap("same"), { fieldManager });
    const second = await client.apply(term, configMap("same"), { fieldManager });
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test("keeps the case and the colons of a name", async () => {
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "Up:Role" },
      rules: [],
    };
    await client.apply(term, role, { fieldManager });
    const found = await client.get({ apiVersion: role.apiVersion, kind: role.kind, name: "Up:Role" });
    expect(found?.metadata.name).toBe("Up:Role");
  });

  test("nothing is found as undefined, and deleted as absent", async () => {
    const nobody = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "nobody" };
    expect(await client.get(nobody)).toBeUndefined();
    expect(await client.delete(term, nobody)).toBe("absent");
  });

  test("an unknown field is a permanent error although the server says 500", async () => {
    const error = await errorOf(client.apply(term, { ...configMap("unknown-field"), dat: {} }, { fieldManager }));
    expect([error.code, error.kind, error.status]).toEqual(["KUBE_INVALID", "permanent", 500]);
  });

  test("what the server says of a Secret is left out of the error", async () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "leaky", namespace: "default" },
      data: "hunter2-hunter2",
    };
    const error = await errorOf(client.apply(term, secret, { fieldManager }));
    expect(error.kind).toBe("permanent");
    expect(error.message).toContain("apply of Secret default/leaky: refused");
    expect(JSON.stringify([error.message, error.causes, String(error.cause)])).not.toContain("hunter2");
  });

  test("a conflict names the field and the other manager", async () => {
    await client.apply(term, configMap("contested", { a: "1" }), { fieldManager: "first" });
    const error = await errorOf(client.apply(term, configMap("contested", { a: "2" }), { fieldManager: "second" }));
    expect(error.kind).toBe("conflict");
    expect(error.causes).toMatchObject([{ reason: "FieldManagerConflict", field: ".data.a" }]);
    expect(error.causes[0]?.message).toContain("first");
  });

  test("a stale resourceVersion and a wrong uid are conflicts, and delete nothing", async () => {
    const made = await client.apply(term, configMap("guarded"), { fieldManager });
    await client.apply(term, configMap("guarded", { a: "2" }), { fieldManager });
    const reference = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "guarded" };
    const { resourceVersion } = made.metadata;
    expect((await errorOf(client.delete(term, reference, { resourceVersion: resourceVersion ?? "" }))).code).toBe(
      "KUBE_CONFLICT",
    );
    expect((await errorOf(client.delete(term, reference, { uid: "somebody-else" }))).code).toBe("KUBE_CONFLICT");
    expect(await client.get(reference)).toBeDefined();
  });

  test("an unknown kind is asked for again, since its definition may come", async () => {
    const error = await errorOf(client.resourceFor("nowhere.example.dev/v1", "Nothing"));
    expect([error.code, error.kind]).toEqual(["KUBE_UNKNOWN_KIND", "transient"]);
  });

  test("lists all pages, and metadata only where that is asked for", async () => {
    await Promise.all(
      [1, 2, 3, 4, 5].map((index) => client.apply(term, configMap(`paged-${index}`), { fieldManager })),
    );
    const what = { apiVersion: "v1", kind: "ConfigMap", namespace: "default" };
    const list = await client.list({ ...what, limit: 2, metadataOnly: true });
    const names = list.items.map((item) => item.metadata.name);
    expect(names).toEqual(expect.arrayContaining(["paged-1", "paged-5"]));
    expect(new Set(names).size).toBe(names.length);
    expect(list.items.every((item) => item.data === undefined && item.kind === "ConfigMap")).toBe(true);
  });

  test("watches from a list on, and ends when asked to", async () => {
    const what = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", fieldSelector: "metadata.name=watched" };
    const { resourceVersion } = await client.list(what);
    const abort = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { type, object } of client.watch({ ...what, resourceVersion }, { signal: abort.signal })) {
        if (type === "BOOKMARK") continue;
        seen.push(`${type} ${(object.data as { a: string }).a}`);
        if (type === "DELETED") abort.abort();
      }
    })();
    await client.apply(term, configMap("watched", { a: "1" }), { fieldManager });
    await client.apply(term, configMap("watched", { a: "2" }), { fieldManager });
    await client.delete(term, { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "watched" });
    await watching;
    expect(seen).toEqual(["ADDED 1", "MODIFIED 2", "DELETED 2"]);
  });

  test("a watch from a version that is too old says so", async () => {
    const abort = new AbortController();
    const what = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", resourceVersion: "1" };
    const watching = (async () => {
      for await (const _ of client.watch(what, { signal: abort.signal })) abort.abort();
    })();
    // Etcd has not been compacted in this short life: the server may still serve it. Either is right; silence is not.
    const result = await watching.then(
      () => "served",
      (error: KubernetesError) => error.code,
    );
    expect(["served", "KUBE_GONE"]).toContain(result);
  });

  test("calls that are aborted while they are sent harm no later one, nor the closing of the client", async () => {
    const own = await createClient({ kubeconfig: inject("kubeconfig") });
    for (let round = 0; round < 20; round++) {
      const abort = new AbortController();
      const calls = Array.from({ length: 10 }, (_, index) =>
        own.apply(term, configMap(`aborted-${index}`, { text: "x".repeat(50_000) }), {
          fieldManager,
          signal: abort.signal,
        }),
      );
      // In the middle of sending: a few turns of the event loop after the calls.
      for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve));
      abort.abort();
      for (const { status, ...rest } of await Promise.allSettled(calls)) {
        if (status === "rejected")
          expect((rest as PromiseRejectedResult).reason).toMatchObject({ code: "KUBE_ABORTED" });
      }
    }
    expect((await own.apply(term, configMap("after-aborts"), { fieldManager })).metadata.name).toBe("after-aborts");
    const last = own.getRaw("/api/v1/configmaps").catch((error: unknown) => error);
    await own.close();
    await last;
  });

  test("a call that waits for discovery over a dead network ends with its signal, and the next one works", async () => {
    const server = inject("apiServerUrl");
    await using proxy = await FaultProxy.start({ target: { port: Number(new URL(server).port) } });
    const directory = await mkdtemp(join(tmpdir(), "tenure-client-"));
    const file = join(directory, "kubeconfig");
    await writeFile(file, (await readFile(inject("kubeconfig"), "utf8")).replaceAll(server, proxy.url));
    const own = await createClient({ kubeconfig: file });
    await rm(directory, { recursive: true });
    proxy.blackHole();
    const abort = new AbortController();
    const left = own.apply(term, configMap("via-black-hole"), { fieldManager, signal: abort.signal });
    const stays = own.apply(term, configMap("via-black-hole"), { fieldManager });
    setImmediate(() => abort.abort());
    await expect(left).rejects.toMatchObject({ code: "KUBE_ABORTED" });
    proxy.heal();
    expect((await stays).metadata.name).toBe("via-black-hole");
    await own.close();
  });

  test("writes nothing once the term has ended, and aborts what is in flight", async () => {
    const control = createProcessTerm("ending", systemClock);
    const before = client.apply(control.term, configMap("in-flight"), { fieldManager });
    control.end("over");
    await expect(before).rejects.toBeInstanceOf(TermEndedError);
    await expect(client.apply(control.term, configMap("after-the-end"), { fieldManager })).rejects.toBeInstanceOf(
      TermEndedError,
    );
    expect(
      await client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "after-the-end" }),
    ).toBeUndefined();
  });
});
