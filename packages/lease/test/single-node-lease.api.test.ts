import { defineComponent, type Term } from "@tenure/core";
import { kubernetesConnection } from "@tenure/kubernetes";
import { decodeLease, encodeCandidate, encodeLease, singleNodeLease } from "@tenure/lease";
import { startTestController } from "@tenure/testing";
import { describe, expect, inject, test } from "vitest";
import { elect, hand, kind, leaseOf, term as right, uniqueName, useElectors } from "./elector-lab.ts";

useElectors();

/** A controller with one component under the lease `main`. */
async function controllerOf(name: string) {
  const terms: Term[] = [];
  const work = defineComponent({
    name: "work",
    scope: "main",
    create: () => ({ start: ({ term }) => void terms.push(term) }),
  });
  const t = await startTestController({
    plugins: [
      singleNodeLease({ name: "main", resourceName: name, namespace: "default" }),
      kubernetesConnection({ kubeconfig: inject("kubeconfig") }),
    ],
    components: [work],
  });
  const refusal = () =>
    JSON.stringify(t.controller.snapshot().components.find((component) => component.name === "single-node-check"));
  return { t, terms, refusal };
}

async function refused(name: string, says: RegExp): Promise<void> {
  const { t, terms, refusal } = await controllerOf(name);
  await t.until("single-node-check", "backoff", { patience: 10_000 });
  expect(refusal()).toContain("LEASE_OF_OTHERS");
  expect(refusal()).toMatch(says);
  expect(terms).toEqual([]);
  await t.stop();
}

describe("the lease of a single node on a real API server", () => {
  test("is held where there is no Lease, above every token of a real one that was there, and writes nothing", async () => {
    const name = uniqueName();
    const { t, terms } = await controllerOf(name);
    await t.until("work", "running", { patience: 10_000 });
    expect(await hand.get({ ...kind, namespace: "default", name })).toBeUndefined();
    await t.stop();
    // What a component writes in its term makes the next revision.
    await hand.create(right, { ...kind, metadata: { namespace: "default", name: `${name}-written` } });
    const real = await elect(name, "a");
    const { grant } = await real.recording.next("granted");
    expect(grant.token).toBeGreaterThan(terms[0]?.token ?? Number.NaN);
    real.elector.withdraw("replaced");
    await real.recording.next("withdrawn");
    const { metadata } = await leaseOf(name);
    const again = await controllerOf(name);
    await again.t.until("work", "running", { patience: 10_000 });
    expect(again.terms[0]?.token).toBeGreaterThan(grant.token);
    expect((await leaseOf(name)).metadata.resourceVersion).toBe(metadata.resourceVersion);
    await again.t.stop();
  });

  test("its token is above that of a released Lease also where that is above the server's revision", async () => {
    const name = uniqueName();
    const write = { kind: "release", identity: "a", token: 9e9, stamp: "1", leaseDuration: 1_000 } as const;
    const location = { namespace: "default", name };
    await hand.create(right, encodeLease(write, undefined, location, "2020-01-01T00:00:00.000000Z"));
    const { t, terms } = await controllerOf(name);
    await t.until("work", "running", { patience: 10_000 });
    expect(terms[0]?.token).toBe(9e9 + 1);
    await t.stop();
  });

  test("is refused while somebody holds the Lease, and held when that is over", async () => {
    const name = uniqueName();
    const real = await elect(name, "node-a_1");
    await real.recording.next("granted");
    const { t, refusal } = await controllerOf(name);
    await t.until("single-node-check", "backoff", { patience: 10_000 });
    expect(refusal()).toContain("LEASE_OF_OTHERS");
    expect(refusal()).toContain(`holds it`);
    expect(decodeLease(await leaseOf(name)).holder).toBe("node-a_1");
    real.elector.withdraw("replaced");
    await real.recording.next("withdrawn");
    await t.until("work", "running", { advance: 60_000, patience: 10_000 });
    await t.stop();
  });

  test("is refused where somebody was holder and is not there any more: nobody can tell by one look", async () => {
    const name = uniqueName();
    const location = { namespace: "default", name };
    const write = { kind: "acquire", identity: "gone", token: 1, stamp: "1", leaseDuration: 1_000 } as const;
    await hand.create(right, encodeLease(write, undefined, location, "2020-01-01T00:00:00.000000Z"));
    await refused(name, /gone.*kubectl delete leases -n default/);
  });

  test("is refused while there is the record of a candidate", async () => {
    const name = uniqueName();
    const location = { namespace: "default", name };
    const values = { duration: 600_000, lastTurn: undefined, time: "2020-01-01T00:00:00.000000Z" };
    await hand.create(right, encodeCandidate(location, "node-b_1", undefined, values));
    await refused(name, /node-b_1.* would hold it/);
  });
});
