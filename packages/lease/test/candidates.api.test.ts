import { systemClock } from "@tenure/core";
import {
  candidateName,
  decodeCandidate,
  decodeLease,
  type KubernetesLeaseElector,
  listCandidates,
  yieldedAnnotation,
} from "@tenure/lease";
import { FaultProxy } from "@tenure/testing";
import { describe, expect, inject, test } from "vitest";
import {
  changedKubeconfig,
  elect,
  hand,
  kind,
  leaseOf,
  patchByHand,
  seen,
  term,
  timing,
  uniqueName,
  useElectors,
} from "./elector-lab.ts";
import type { LeaseRecording } from "./lease-recording.ts";

useElectors();

/** In ms. A record counts for two and a half of them. */
const candidatePeriod = 800;

async function identities(name: string): Promise<readonly string[]> {
  return (await listCandidates(hand, { namespace: "default", name })).map(({ identity }) => identity);
}

/** Waits until the elector knows these to be present, and nobody else. */
async function knows(elector: KubernetesLeaseElector, names: readonly string[]): Promise<void> {
  const present = () =>
    elector
      .snapshot()
      .candidates?.filter((candidate) => candidate.present)
      .map(({ identity }) => identity)
      .toSorted();
  await expect.poll(present, { timeout: 20_000, interval: 10 }).toEqual(names);
}

/** When this many terms have been granted to it. */
async function granted(recording: LeaseRecording, count: number): Promise<void> {
  const grants = () => recording.told.filter(({ type }) => type === "granted").length;
  await expect.poll(grants, { timeout: 30_000, interval: 5 }).toBe(count);
}

function giveWay(elector: KubernetesLeaseElector): string | undefined {
  return elector.yield({ pause: 100, reason: "a component cannot run", because: "incapable" });
}

/** What the user "limited" may do with Leases in the namespace `default`; undefined: nothing any more. */
async function grantToLimited(role: string, rules: readonly object[]): Promise<void> {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const metadata = { name: role, namespace: "default" };
  const apply = { fieldManager: "test", force: true };
  await hand.apply(term, { apiVersion, kind: "Role", metadata, rules }, apply);
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role };
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "limited" }];
  await hand.apply(term, { apiVersion, kind: "RoleBinding", metadata, roleRef, subjects }, apply);
}

describe("candidates on a real API server", () => {
  test("appear, say when they held the lease, and are gone when they withdraw", async () => {
    const name = uniqueName();
    const a = await elect(name, "node-a_1", { candidatePeriod });
    const { grant } = await a.recording.next("granted");
    const b = await elect(name, "node-b_1", { candidatePeriod });
    await knows(a.elector, ["node-b_1"]);
    await knows(b.elector, ["node-a_1"]);
    const turn = () => b.elector.snapshot().candidates?.[0]?.lastTurn;
    await expect.poll(turn, { timeout: 5_000, interval: 10 }).toBe(grant.token);
    const listed = await listCandidates(hand, { namespace: "default", name });
    expect(listed).toMatchObject([
      { identity: "node-a_1", lastTurn: grant.token, duration: 2_000, name: candidateName(name, "node-a_1") },
      { identity: "node-b_1", lastTurn: 0, duration: 2_000 },
    ]);
    b.elector.withdraw("shutdown");
    await b.recording.next("withdrawn");
    expect(await identities(name)).toEqual(["node-a_1"]);
    a.elector.withdraw("shutdown");
    await a.recording.next("withdrawn");
    expect(await identities(name)).toEqual([]);
    expect(a.recording.told.filter((told) => told.type === "observed" && told.observation.level === "warn")).toEqual(
      [],
    );
  });

  test("the record is renewed, and keeps what others put there", async () => {
    const name = uniqueName();
    const a = await elect(name, "a", { candidatePeriod });
    await a.recording.next("granted");
    const own = candidateName(name, "a");
    await expect.poll(() => identities(name), { timeout: 5_000 }).toEqual(["a"]);
    await patchByHand(own, { metadata: { labels: { team: "x" } } });
    const { renewTime } = decodeCandidate(await leaseOf(own)) ?? {};
    const renewed = await seen(own, (lease) => decodeCandidate(lease)?.renewTime !== renewTime);
    expect(renewed.metadata.labels).toMatchObject({ team: "x" });
  });

  test("those of a crashed controller are removed by the holder, and those of the living are not", async () => {
    const name = uniqueName();
    const a = await elect(name, "a", { candidatePeriod });
    await a.recording.next("granted");
    await elect(name, "b", { candidatePeriod });
    await knows(a.elector, ["b"]);
    const lease = await leaseOf(candidateName(name, "b"));
    const { uid: _uid, resourceVersion: _revision, ...metadata } = lease.metadata;
    const crashed = { ...lease, metadata: { ...metadata, name: `${name}-crashed` } };
    await hand.create(term, { ...crashed, spec: { ...(lease.spec as object), holderIdentity: "crashed" } });
    await knows(a.elector, ["b", "crashed"]);
    await knows(a.elector, ["b"]);
    await expect.poll(() => identities(name), { timeout: 20_000 }).toEqual(["a", "b"]);
  });

  test("a lease that is given up for a component's sake says so until another acquires it", async () => {
    const name = uniqueName();
    const a = await elect(name, "a", { candidatePeriod });
    const { grant } = await a.recording.next("granted");
    await patchByHand(name, { metadata: { annotations: { note: "y" } } });
    await elect(name, "b", { candidatePeriod });
    await knows(a.elector, ["b"]);
    const released = seen(name, (lease) => decodeLease(lease).holder === "");
    const acquired = seen(name, (lease) => decodeLease(lease).holder === "b");
    expect(giveWay(a.elector)).toBeUndefined();
    expect(decodeLease(await released).yielded).toEqual({
      holder: "a",
      token: grant.token,
      reason: "a component cannot run",
    });
    const { annotations } = (await acquired).metadata;
    expect(annotations).toMatchObject({ note: "y" });
    expect(annotations).not.toHaveProperty(yieldedAnnotation);
  });

  test("three of them pass it round, and each has had its turn before the first has it again", async () => {
    const name = uniqueName();
    const a = { identity: "a", ...(await elect(name, "a", { candidatePeriod })) };
    const b = { identity: "b", ...(await elect(name, "b", { candidatePeriod })) };
    const c = { identity: "c", ...(await elect(name, "c", { candidatePeriod })) };
    const electors = [a, b, c];
    await knows(a.elector, ["b", "c"]);
    await knows(b.elector, ["a", "c"]);
    await knows(c.elector, ["a", "b"]);
    const turns: string[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const holder = () => electors.find(({ elector }) => elector.snapshot().state === "held");
      await expect.poll(() => holder() !== undefined, { timeout: 10_000, interval: 5 }).toBe(true);
      const { identity, elector } = holder() ?? a;
      turns.push(identity);
      expect(giveWay(elector), turns.join(" ")).toBeUndefined();
    }
    expect(turns.slice(0, 3).toSorted(), turns.join(" ")).toEqual(["a", "b", "c"]);
    expect(turns.slice(3).toSorted(), turns.join(" ")).toEqual(["a", "b", "c"]);
  });

  test("one that has given way stands back for the one without a turn, says so, and is refused until that one had it", async () => {
    const name = uniqueName();
    const a = await elect(name, "a", { candidatePeriod });
    await a.recording.next("granted");
    const b = await elect(name, "b", { candidatePeriod });
    await knows(a.elector, ["b"]);
    // b is there, and does not take it.
    b.elector.yield({ pause: 20_000, reason: "maintenance", because: "asked" });
    expect(giveWay(a.elector)).toBeUndefined();
    const standsBack = () => a.elector.snapshot().standsBack;
    await expect
      .poll(standsBack, { timeout: 5_000, interval: 5 })
      .toBe('it has given way, and "b" is to have a turn first');
    const begun = systemClock.now();
    await granted(a.recording, 2);
    expect(systemClock.now() - begun).toBeGreaterThan(timing.leaseDuration - timing.retryPeriod);
    expect(a.elector.snapshot().standsBack).toBeUndefined();
    expect(giveWay(a.elector)).toContain('for "b", without a turn since');
    // Asked to, it does.
    expect(a.elector.yield({ pause: 0, reason: "maintenance", because: "asked" })).toBeUndefined();
  });

  test("alone, it keeps the lease", async () => {
    const a = await elect(uniqueName(), "a", { candidatePeriod });
    await a.recording.next("granted");
    await knows(a.elector, []);
    expect(giveWay(a.elector)).toBe("the lease is kept, since no other candidate is known");
  });

  test("whoever may not keep records is told once, and elects, yields and leaves as ever; granted later, they appear", async () => {
    const name = uniqueName();
    await hand.create(term, { ...kind, metadata: { namespace: "default", name } });
    const role = `${name}-lease-only`;
    const leases = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };
    const own = { ...leases, resourceNames: [name], verbs: ["list", "watch", "update"] };
    await grantToLimited(role, [own]);
    const kubeconfig = inject("limitedKubeconfig");
    const a = await elect(name, "a", { kubeconfig, candidatePeriod });
    await a.recording.next("granted");
    const b = await elect(name, "b", { kubeconfig, candidatePeriod });
    const { observation } = await b.recording.next("observed", /candidates cannot be kept/);
    expect(observation).toMatchObject({ level: "warn", message: expect.stringMatching(/forbidden/i) });
    expect(a.elector.snapshot()).toMatchObject({ state: "held", candidates: undefined });
    // Gives way once, and again when the Lease has shown another.
    expect(giveWay(a.elector)).toBeUndefined();
    await granted(b.recording, 1);
    expect(giveWay(b.elector)).toBeUndefined();
    await granted(a.recording, 2);
    const told = a.recording.told.filter(
      (entry) => entry.type === "observed" && /candidates cannot be kept/.test(entry.observation.message),
    );
    expect(told).toHaveLength(1);
    await grantToLimited(role, [own, { ...leases, verbs: ["list", "create", "update", "delete"] }]);
    await knows(a.elector, ["b"]);
    await knows(b.elector, ["a"]);
    await a.recording.next("observed", /are kept again/);
  });

  test("a withdrawal is not held up by a server that does not answer", async () => {
    const name = uniqueName();
    await using proxy = await FaultProxy.start({ target: { port: Number(new URL(inject("apiServerUrl")).port) } });
    const kubeconfig = await changedKubeconfig((text) => text.replaceAll(/(server:\s*)\S+/g, `$1${proxy.url}`));
    const a = await elect(name, "a");
    await a.recording.next("granted");
    const b = await elect(name, "b", { kubeconfig, candidatePeriod });
    await knows(b.elector, ["a"]);
    proxy.blackHole();
    const begun = systemClock.now();
    b.elector.withdraw("shutdown");
    await b.recording.next("withdrawn");
    expect(systemClock.now() - begun).toBeLessThan(1_000);
  });
});
