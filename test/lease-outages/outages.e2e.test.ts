import { type ControlPlane, startControlPlane } from "@tenure/control-plane";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Candidate, overlapsOf, type Work } from "./candidate.ts";

let controlPlane: ControlPlane;
let candidates: Candidate[] = [];
let names = 0;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllers: false, scheduler: false });
});

afterEach(async () => {
  await Promise.all(candidates.map((candidate) => candidate.controller.stop()));
  candidates = [];
});

afterAll(() => controlPlane.stop());

/** Two candidates of a lease of 3 s: draining begins at 2.5 s, and the right to act ends at 2.8 s. */
async function twoCandidates(): Promise<{ leader: Candidate; standby: Candidate; works: Work[] }> {
  const works: Work[] = [];
  const lease = { resourceName: `outage-${++names}`, namespace: "default", leaseDuration: "3s" };
  const leader = await Candidate.start("a", controlPlane.kubeconfig, lease, works);
  candidates.push(leader);
  await leader.until(() => leader.leads);
  const standby = await Candidate.start("b", controlPlane.kubeconfig, lease, works);
  candidates.push(standby);
  await standby.observed(/held by "a"/);
  return { leader, standby, works };
}

/** Someone leads again, whichever it is. */
async function anyLeads({ leader, standby }: { leader: Candidate; standby: Candidate }): Promise<void> {
  await Promise.race([leader.until(() => leader.leads), standby.until(() => standby.leads)]);
}

function renewals(candidate: Candidate): readonly { readonly latency: number; readonly margin: number }[] {
  return candidate.observations.flatMap(({ fields }) => (fields?.event === "renewed" ? [fields as never] : []));
}

describe("with etcd paused", () => {
  test("for less than the lease can survive, the term goes on, and the margin left is told", async () => {
    const { leader, works } = await twoCandidates();
    const { etcd } = controlPlane.servers;
    const before = renewals(leader).length;
    await leader.until(() => renewals(leader).length > before);
    etcd.pause();
    const seen = renewals(leader).length;
    // A renewal hangs, and the next one too; then there is time for one more.
    await leader.observed(/renewing-late/);
    etcd.resume();
    await leader.until(() => renewals(leader).length > seen);
    expect(works).toHaveLength(1);
    const margin = Math.min(...renewals(leader).map((renewal) => renewal.margin));
    expect(margin).toBeGreaterThan(0);
    expect(margin).toBeLessThan(2_500 - 1_067);
  });

  test("for longer, what ran has stopped in time, and one of them works again afterwards under a higher token", async () => {
    const both = await twoCandidates();
    const { etcd } = controlPlane.servers;
    etcd.pause();
    const paused = performance.now();
    await both.leader.until(() => !both.leader.leads);
    expect((both.works[0]?.to ?? Number.POSITIVE_INFINITY) - paused).toBeLessThan(2_800 + 250);
    await both.leader.until(() => both.leader.observations.some(({ fields }) => fields?.to === "cooling-down"));
    etcd.resume();
    await anyLeads(both);
    expect(overlapsOf(both.works)).toEqual([]);
    expect(both.works[1]?.token).toBeGreaterThan(both.works[0]?.token ?? 0);
  });
});

describe("with the API server", () => {
  test("killed and started again, what ran has stopped in time, and one of them works again by itself", async () => {
    const both = await twoCandidates();
    const { apiServer } = controlPlane.servers;
    const killed = performance.now();
    await apiServer.kill();
    await both.leader.until(() => !both.leader.leads);
    expect((both.works[0]?.to ?? Number.POSITIVE_INFINITY) - killed).toBeLessThan(2_800 + 250);
    await apiServer.restart();
    await anyLeads(both);
    expect(overlapsOf(both.works)).toEqual([]);
    expect(both.works[1]?.token).toBeGreaterThan(both.works[0]?.token ?? 0);
  });

  test("paused, so that connections stay open and carry nothing, likewise", async () => {
    const both = await twoCandidates();
    const { apiServer } = controlPlane.servers;
    apiServer.pause();
    await both.leader.until(() => both.leader.observations.some(({ fields }) => fields?.to === "cooling-down"));
    apiServer.resume();
    await anyLeads(both);
    expect(overlapsOf(both.works)).toEqual([]);
    expect(both.works[1]?.token).toBeGreaterThan(both.works[0]?.token ?? 0);
  });
});

test("without permission it says so, and leads soon after it was granted", async () => {
  const account = { namespace: "lease-rbac", name: "late" };
  const kubeconfig = await controlPlane.createServiceAccount(account);
  const works: Work[] = [];
  const lease = { resourceName: "granted-late", namespace: "lease-rbac", leaseDuration: "3s" };
  const candidate = await Candidate.start("a", kubeconfig, lease, works);
  candidates.push(candidate);
  await candidate.observed(/forbidden/i);
  expect(works).toEqual([]);
  const verbs = ["list", "watch", "create", "update", "delete"];
  const rules = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs }];
  await controlPlane.createServiceAccount({ ...account, rules });
  await candidate.until(() => candidate.leads);
  await candidate.observed(/works again/);
});
