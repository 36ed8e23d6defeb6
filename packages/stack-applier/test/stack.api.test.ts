import { createProcessTerm, systemClock } from "@tenure/core";
import { createClient, type KubernetesClient, KubernetesError, type KubernetesObject } from "@tenure/kubernetes";
import { applySet, applySetId, fieldManagerOf, tenureNames } from "@tenure/stack-applier";
import { FaultProxy } from "@tenure/testing";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { clientVia, configMap, overriding, RunningStack, sourceOf } from "./stack-lab.ts";

let client: KubernetesClient;
const running: RunningStack[] = [];
const { term } = createProcessTerm("test", systemClock);

beforeAll(async () => {
  client = await createClient({ kubeconfig: inject("kubeconfig") });
});

afterEach(async () => {
  for (const stack of running.splice(0)) await stack.stop();
});

afterAll(() => client.close());

function run(...args: ConstructorParameters<typeof RunningStack>): RunningStack {
  const stack = new RunningStack(...args);
  running.push(stack);
  return stack;
}

function get(name: string): Promise<KubernetesObject | undefined> {
  return client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name });
}

function parentOf(stack: string): Promise<KubernetesObject | undefined> {
  return client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "kube-system", name: `tenure-stack-${stack}` });
}

describe("a stack on a real API server", () => {
  test("a definition, its resources, a namespace and what is in it are applied in one pass, whatever their order", async () => {
    const group = "first.example.dev";
    const source = sourceOf("order", [
      { apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "thing" }, spec: { size: 3 } },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "inside", namespace: "order-ns" }, data: {} },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "order-ns" } },
      {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `things.${group}` },
        spec: {
          group,
          scope: "Cluster",
          names: { kind: "Thing", listKind: "ThingList", plural: "things", singular: "thing" },
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: {
                  type: "object",
                  properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
                },
              },
            },
          ],
        },
      },
    ]);
    const failing: unknown[] = [];
    const stack = run(client, source);
    void stack.until((status) => status.phase === "failing").then((status) => failing.push(status.failures));
    const status = await stack.ready(source);
    expect(status.objects).toEqual({ total: 4, applied: 4 });
    expect(failing).toEqual([]);
    expect((await client.get({ apiVersion: `${group}/v1`, kind: "Thing", name: "thing" }))?.spec).toEqual({ size: 3 });
  });

  test("what leaves it is pruned; what others have, and what is to be kept, stays", async () => {
    await client.apply(term, configMap("prune-foreign"), { fieldManager: "somebody" });
    const neighbour = sourceOf("prune-neighbour", [configMap("prune-of-neighbour")]);
    const kept = configMap("prune-kept");
    const first = sourceOf("prune", [
      configMap("prune-a"),
      configMap("prune-b"),
      { ...kept, metadata: { ...kept.metadata, annotations: { [tenureNames.prune]: "keep" } } },
    ]);
    await run(client, neighbour).ready(neighbour);
    const stack = run(client, first);
    await stack.ready(first);
    const second = sourceOf("prune", [configMap("prune-a")]);
    stack.reconciler.update(second);
    await stack.ready(second);
    const names = ["prune-a", "prune-b", "prune-kept", "prune-foreign", "prune-of-neighbour"];
    const there = await Promise.all(names.map(async (name) => (await get(name)) !== undefined));
    expect(there).toEqual([true, false, true, true, true]);
  });

  test("its parent is one by the ApplySet specification, wide while something is to be pruned and narrow after", async () => {
    const first = sourceOf(
      "parent",
      [
        configMap("parent-a"),
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "parent-a", namespace: "default" } },
      ],
      {
        source: { kind: "directory", node: "n1" },
      },
    );
    const stack = run(client, first);
    await stack.ready(first);
    const id = applySetId({ name: "tenure-stack-parent", namespace: "kube-system", kind: "ConfigMap", group: "" });
    const before = await parentOf("parent");
    expect(before?.metadata.labels?.[applySet.id]).toBe(id);
    expect(before?.metadata.annotations).toMatchObject({
      [applySet.tooling]: "tenure/v0.1",
      [applySet.groupKinds]: "ConfigMap,ServiceAccount",
      [applySet.namespaces]: "default",
      [tenureNames.nodes]: "n1",
    });
    expect((await get("parent-a"))?.metadata.labels?.[applySet.partOf]).toBe(id);
    const second = sourceOf("parent", [configMap("parent-a")], { source: { kind: "directory", node: "n2" } });
    stack.reconciler.update(second);
    await expect
      .poll(async () => (await parentOf("parent"))?.metadata.annotations, { timeout: 10_000 })
      .toMatchObject({ [applySet.groupKinds]: "ConfigMap", [tenureNames.nodes]: "n1,n2" });
  });

  test("a member is found and pruned by a process that knows nothing of it", async () => {
    const first = sourceOf("crash", [configMap("crash-a"), configMap("crash-b")]);
    const before = run(client, first);
    await before.ready(first);
    await before.stop();
    const second = sourceOf("crash", [configMap("crash-a")]);
    await run(client, second).ready(second);
    expect(await get("crash-b")).toBeUndefined();
  });

  test("a member that was applied right before a crash is found and pruned: the parent was widened before", async () => {
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "narrow-a", namespace: "default" } };
    let crashed = () => {};
    const crashing = overriding(client, {
      async apply(...args) {
        const applied = await client.apply(...args);
        if (applied.kind === "ServiceAccount") crashed();
        return applied;
      },
    });
    const before = run(crashing, sourceOf("narrow", [account]));
    crashed = () => before.control.end("crashed");
    await before.ended;
    const second = sourceOf("narrow", [configMap("narrow-b")]);
    await run(client, second).ready(second);
    expect(await client.get({ ...account, namespace: "default", name: "narrow-a" })).toBeUndefined();
  });

  test("removed, nothing of it is left, its parent included", async () => {
    const source = sourceOf("removal", [configMap("removal-a"), configMap("removal-b")]);
    const stack = run(client, source);
    await stack.ready(source);
    stack.reconciler.remove();
    await stack.ended;
    expect([await get("removal-a"), await get("removal-b"), await parentOf("removal")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("one bad object is named by file and line, the others are applied, and nothing is pruned until it is mended", async () => {
    const first = sourceOf("bad", [configMap("bad-old")]);
    const stack = run(client, first);
    await stack.ready(first);
    const second = sourceOf("bad", [configMap("bad-good"), { ...configMap("bad-bad"), dat: {} }]);
    stack.reconciler.update(second);
    const status = await stack.until(({ phase, hash }) => phase === "failing" && hash === second.hash);
    expect(status.failures).toMatchObject([
      {
        object: "ConfigMap default/bad-bad",
        origin: { file: "bad/file.yaml", line: 11 },
        code: "KUBE_INVALID",
        transient: false,
      },
    ]);
    expect(status.pruneHeld).toBe("1 of its objects could not be applied");
    expect([(await get("bad-good")) !== undefined, (await get("bad-old")) !== undefined]).toEqual([true, true]);
    const third = sourceOf("bad", [configMap("bad-good"), configMap("bad-bad")]);
    stack.reconciler.update(third);
    await stack.ready(third);
    expect(await get("bad-old")).toBeUndefined();
  });

  test("an object that two stacks claim stays with the first, and the second says whose it is", async () => {
    const first = sourceOf("claim-one", [configMap("claimed", { value: "one" })]);
    await run(client, first).ready(first);
    const second = sourceOf("claim-two", [configMap("claimed", { value: "two" })]);
    const status = await run(client, second).until(({ phase }) => phase === "failing");
    expect(status.failures[0]?.code).toBe("KUBE_CONFLICT");
    expect(status.failures[0]?.message).toContain(fieldManagerOf("claim-one"));
    expect(status.failures[0]?.remedy).toContain("Two stacks claim this object");
    expect((await get("claimed"))?.data).toEqual({ value: "one" });
  });

  test("a source that could not be read whole prunes nothing", async () => {
    const first = sourceOf("partial", [configMap("partial-a"), configMap("partial-b")]);
    const stack = run(client, first);
    await stack.ready(first);
    const second = sourceOf("partial", [configMap("partial-a")], { incomplete: true });
    stack.reconciler.update(second);
    const status = await stack.until(({ hash, pruneHeld }) => hash === second.hash && pruneHeld !== undefined);
    expect(status.pruneHeld).toBe("the source could not be read whole");
    expect(await get("partial-b")).toBeDefined();
  });

  test("a listing that fails is not an empty one: nothing is pruned, and it is tried again", async () => {
    const first = sourceOf("listing", [configMap("listing-a"), configMap("listing-b")]);
    const before = run(client, first);
    await before.ready(first);
    await before.stop();
    let failures = 0;
    const failing = overriding(client, {
      list(...args) {
        if (args[0].kind !== "ConfigMap" || failures++ > 0) return client.list(...args);
        return Promise.reject(
          new KubernetesError("no", { code: "KUBE_SERVER_ERROR", kind: "transient", remedy: "wait" }),
        );
      },
    });
    const second = sourceOf("listing", [configMap("listing-a")]);
    const stack = run(failing, second);
    const held = await stack.until(({ pruneHeld }) => pruneHeld !== undefined);
    expect(held.pruneHeld).toContain("ConfigMap could not be listed");
    expect(await get("listing-b")).toBeDefined();
    await stack.ready(second);
    expect(await get("listing-b")).toBeUndefined();
  });

  test("what somebody deletes or changes is as it was after the next full pass", async () => {
    const source = sourceOf("resync", [configMap("resync-a"), configMap("resync-b", { value: "right" })]);
    await run(client, source, 200).ready(source);
    await client.delete(term, { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "resync-a" });
    await client.delete(term, { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "resync-b" });
    await client.create(term, configMap("resync-b", { other: "value" }));
    await expect.poll(() => get("resync-a"), { timeout: 10_000 }).toBeDefined();
    await expect.poll(async () => (await get("resync-b"))?.data, { timeout: 10_000 }).toMatchObject({ value: "right" });
  });

  test("an API server that cannot be reached is waited for, and the stack becomes ready by itself", async () => {
    const server = inject("apiServerUrl");
    await using proxy = await FaultProxy.start({ target: { port: Number(new URL(server).port) } });
    const via = await clientVia(inject("kubeconfig"), server, proxy.url);
    proxy.cut();
    const source = sourceOf("unreachable", [configMap("unreachable-a")]);
    const stack = run(via, source);
    const status = await stack.until(({ phase }) => phase === "failing");
    expect(status.failures[0]?.code).toBe("KUBE_UNREACHABLE");
    proxy.heal();
    await stack.ready(source);
    await stack.stop();
    await via.close();
  });

  test("the end of the term ends it, and nothing is written after", async () => {
    const source = sourceOf("ended", [configMap("ended-a")]);
    const stack = run(client, source);
    await stack.ready(source);
    stack.control.end("lost");
    stack.reconciler.update(sourceOf("ended", [configMap("ended-a"), configMap("ended-b")]));
    await stack.ended;
    expect(await get("ended-b")).toBeUndefined();
  });
});
