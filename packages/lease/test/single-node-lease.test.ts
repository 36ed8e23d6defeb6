import { defineComponent, type Term } from "@tenure/core";
import { type KubernetesClient, KubernetesError, kubernetesClient } from "@tenure/kubernetes";
import { singleNodeLease } from "@tenure/lease";
import { fakePlugin, fakeProvider, settled, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";

/** A component of the lease `main`, whose terms are kept. */
function worker() {
  const terms: Term[] = [];
  const stopping: (() => void)[] = [];
  const component = defineComponent({
    name: "work",
    scope: "main",
    create: () => ({
      start: ({ term }) => void terms.push(term),
      stop: () => new Promise((resolve) => stopping.push(resolve)),
    }),
  });
  return { component, terms, stopping };
}

async function started(check: boolean, answer?: () => Promise<object>) {
  const { component, terms, stopping } = worker();
  const calls: unknown[] = [];
  const list = (what: unknown) => {
    calls.push(what);
    return answer?.() ?? Promise.resolve({ items: [], resourceVersion: "1" });
  };
  const client = { list } as Partial<KubernetesClient> as KubernetesClient;
  const connection = { client, newClient: () => client };
  const t = await startTestController({
    plugins: [
      singleNodeLease({ name: "main", check, resourceName: "x" }),
      ...(check ? [fakePlugin("kubernetes", fakeProvider(kubernetesClient, connection))] : []),
    ],
    components: [component],
  });
  const shutdown = async () => {
    const stopped = t.stop();
    await settled();
    for (const stop of stopping) stop();
    await stopped;
  };
  return { t, terms, stopping, calls, shutdown };
}

const unreachable = () =>
  Promise.reject(
    new KubernetesError("no connection", { code: "KUBE_UNREACHABLE", kind: "unreachable", remedy: "start it" }),
  );

describe("the lease of a single node", () => {
  test("is held at once and in one term, without a deadline, until the process ends", async () => {
    const { t, terms, stopping } = await started(false);
    t.assertPhases({ work: "running" });
    await t.clock.advance(365 * 24 * 3_600_000);
    expect(terms).toHaveLength(1);
    expect(terms[0]).toMatchObject({ number: 1, held: true });
    expect(terms[0]?.remaining()).toBe(Number.POSITIVE_INFINITY);
    const stopped = t.stop();
    await settled();
    expect(terms[0]?.held).toBe(true);
    for (const stop of stopping) stop();
    expect(await stopped).toBe(0);
    expect(terms[0]?.held).toBe(false);
    expect(t.clock.pending).toBe(0);
  });

  test("after a yield it pauses, counted from the request, and goes on in a new term with a higher token", async () => {
    const { t, terms, stopping, shutdown } = await started(false);
    expect(await t.controller.yieldLease("main", { pause: 1_000, reason: "maintenance" })).toBeUndefined();
    await t.clock.advance(400);
    // Still stopping: the right to act goes on.
    expect(terms[0]?.held).toBe(true);
    stopping.pop()?.();
    await t.clock.advance(599);
    expect(terms.map(({ held }) => held)).toEqual([false]);
    await t.clock.advance(1);
    expect(terms.map(({ number, held }) => [number, held])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(terms[1]?.token).toBeGreaterThan(terms[0]?.token ?? 0);
    await shutdown();
  });

  test("a second yield extends the pause, and a shorter one does not shorten it", async () => {
    const { t, terms, stopping, shutdown } = await started(false);
    t.controller.yieldLease("main", { pause: 1_000, reason: "maintenance" });
    await settled();
    stopping.pop()?.();
    await t.clock.advance(500);
    t.controller.yieldLease("main", { pause: 2_000, reason: "longer" });
    t.controller.yieldLease("main", { pause: 10, reason: "shorter" });
    await t.clock.advance(1_999);
    expect(terms).toHaveLength(1);
    await t.clock.advance(1);
    expect(terms).toHaveLength(2);
    await shutdown();
  });

  test("a shutdown in a pause ends at once and leaves no timer", async () => {
    const { t, stopping, shutdown } = await started(false);
    t.controller.yieldLease("main", { pause: 1_000_000, reason: "maintenance" });
    await settled();
    stopping.pop()?.();
    await settled();
    await shutdown();
    expect(t.exitCode).toBe(0);
    expect(t.clock.pending).toBe(0);
  });

  test("is kept when its components cannot run, since nobody else could try", async () => {
    const failing = defineComponent({
      name: "failing",
      scope: "main",
      critical: { within: 1_000 },
      create: () => ({ start: () => Promise.reject(new Error("no disk")) }),
    });
    await using t = await startTestController({
      plugins: [singleNodeLease({ name: "main", check: false })],
      components: [failing],
    });
    const told: string[] = [];
    t.controller.on("lease.draining", ({ reason }) => told.push(reason));
    t.controller.on("component.phase", ({ reason }) => told.push(JSON.stringify(reason)));
    await t.clock.advance(60_000);
    expect(told.filter((text) => text.includes("there is no other candidate"))).not.toEqual([]);
    expect(t.controller.snapshot().leases.find(({ name }) => name === "main")?.term).toMatchObject({
      number: 1,
      held: true,
    });
  });

  test("tokens rise over the controllers of one process", async () => {
    const first = await started(false);
    await first.shutdown();
    const second = await started(false);
    expect(second.terms[0]?.token).toBeGreaterThan(first.terms[0]?.token ?? 0);
    await second.shutdown();
  });
});

describe("the look before it is held", () => {
  test("is two calls for the life of the process, and tokens start at the revision that it saw", async () => {
    const { t, terms, calls, shutdown } = await started(true, () =>
      Promise.resolve({ items: [], resourceVersion: "7000" }),
    );
    expect(terms[0]?.token).toBe(7_000);
    await t.clock.advance(24 * 3_600_000);
    expect(calls).toEqual([
      expect.objectContaining({ kind: "Lease", namespace: "kube-system", fieldSelector: "metadata.name=x" }),
      expect.objectContaining({ kind: "Lease", namespace: "kube-system", labelSelector: "tenure.dev/candidate-of=x" }),
    ]);
    await shutdown();
  });

  test("while the server does not answer it waits and says so; answered, it is held", async () => {
    let answer: () => Promise<object> = unreachable;
    const { t, terms, calls, shutdown } = await started(true, () => answer());
    await t.clock.advance(600_000);
    expect(terms).toEqual([]);
    const told = t.controller.snapshot().components.find(({ name }) => name === "single-node-check");
    expect(JSON.stringify(told)).toContain("LEASE_UNCHECKED");
    expect(JSON.stringify(told)).toContain("no connection");
    // At the cap of the back-off.
    expect(calls.length).toBeLessThan(40);
    answer = () => Promise.resolve({ items: [], resourceVersion: "1" });
    await t.clock.advance(40_000);
    expect(terms).toHaveLength(1);
    await shutdown();
  });
});

describe("a single-node lease without a look", () => {
  test("makes no connection part of the composition", async () => {
    const { t, shutdown } = await started(false);
    expect(t.controller.snapshot().components.map(({ name }) => name)).toEqual(["work"]);
    await shutdown();
  });
});
