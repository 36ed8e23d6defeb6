import { createProcessTerm, systemClock } from "@tenure/core";
import { createClient, type KubernetesClient, type KubernetesObject } from "@tenure/kubernetes";
import { decodeLease } from "@tenure/lease";
import { monotonic } from "@tenure/testing";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { buildClientGoElector, type Contestant, ElectorProcess } from "./elector-process.ts";
import { workOverlaps } from "./work-overlaps.ts";

const leaseDuration = 3_000;
const { term } = createProcessTerm("test", systemClock);
const kind = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
let hand: KubernetesClient;
let processes: ElectorProcess[] = [];
let names = 0;

beforeAll(async () => {
  hand = await createClient({ kubeconfig: inject("kubeconfig") });
  // After the control plane, which compiles most of what it is made of.
  await buildClientGoElector((line) => console.log(line));
});

afterEach(async () => {
  await Promise.all(processes.map((process) => process.kill()));
  processes = [];
});

afterAll(() => hand.close());

async function elect(contestant: Contestant, identity: string, leases: readonly string[]): Promise<ElectorProcess> {
  const options = { kubeconfig: inject("kubeconfig"), leases, identity, leaseDuration };
  const process = await ElectorProcess.start(contestant, options);
  processes.push(process);
  return process;
}

/** One works for every Lease, and another one has seen it. */
async function leadAndStandBy(
  [first, second]: readonly [Contestant, Contestant],
  leases: readonly string[],
): Promise<readonly [ElectorProcess, ElectorProcess]> {
  const leader = await elect(first, "a", leases);
  for (const lease of leases) await leader.next("started", { lease });
  const standby = await elect(second, "b", leases);
  for (const lease of leases) await standby.next("leader", { lease });
  return [leader, standby];
}

function uniqueNames(count: number): readonly string[] {
  return Array.from({ length: count }, () => `peers-${process.pid}-${++names}`);
}

async function leaseOf(name: string): Promise<KubernetesObject> {
  const lease = await hand.get({ ...kind, namespace: "default", name });
  if (lease === undefined) throw new TypeError(`there is no Lease ${name}`);
  return lease;
}

describe("an elector of client-go and ours on the same Lease", () => {
  test.each([
    // It is told of a release; client-go asks, every retry period and a jitter of up to 1.2 of them more.
    ["ours takes over from client-go's", ["client-go", "tenure"], 500],
    ["client-go's takes over from ours", ["tenure", "client-go"], 2_000],
  ] as const)("%s, after a release and after kill -9, and never do both work", async (_what, pair, soon) => {
    const [released, killed, alsoKilled] = uniqueNames(3) as [string, string, string];
    const [leader, standby] = await leadAndStandBy(pair, [released, killed, alsoKilled]);

    leader.stopElector(released);
    const stopped = await leader.next("stopped", { lease: released });
    const next = await standby.next("started", { lease: released });
    expect(next.at - stopped.at).toBeGreaterThanOrEqual(0);
    expect(next.at - stopped.at).toBeLessThan(soon);

    const killedAt = monotonic();
    await leader.kill();
    const diedAt = monotonic();
    for (const lease of [killed, alsoKilled]) {
      const { at } = await standby.next("started", { lease });
      // It had been renewed at most a retry period and a renewal before.
      expect(at - diedAt).toBeGreaterThan(leaseDuration - 1_200);
      expect(at - killedAt).toBeLessThan(leaseDuration + 2_000);
    }
    expect(workOverlaps([leader, standby])).toEqual([]);
  });

  test("handed to and fro, the token rises through the terms of client-go, and what others keep there stays", async () => {
    const [name] = uniqueNames(1) as [string];
    const metadata = { namespace: "default", name, labels: { team: "x" }, annotations: { note: "y" } };
    await hand.create(term, { ...kind, metadata });
    const tokens: number[] = [];
    let leader = await elect("tenure", "0", [name]);
    tokens.push((await leader.next("started")).token ?? 0);
    for (const [turn, contestant] of (["client-go", "tenure", "client-go", "tenure"] as const).entries()) {
      const next = await elect(contestant, String(turn + 1), [name]);
      await next.next("leader");
      await leader.stop();
      const { token } = await next.next("started");
      const lease = await leaseOf(name);
      if (token !== undefined) tokens.push(token);
      // client-go's keeps the token of our term, so that it is there for the next one.
      expect(decodeLease(lease)).toMatchObject({ holder: String(turn + 1), token: tokens.at(-1) });
      leader = next;
    }
    expect(tokens).toHaveLength(3);
    expect(tokens).toEqual([...new Set(tokens)].sort((left, right) => left - right));
    // Of the spec client-go keeps nothing that it does not know.
    const { labels, annotations } = (await leaseOf(name)).metadata;
    expect({ labels, annotations }).toMatchObject({ labels: { team: "x" }, annotations: { note: "y" } });
    expect(workOverlaps(processes)).toEqual([]);
  });

  test("two of each campaign for several Leases at once, and lose them in turn: one works for each, never two", async () => {
    const leases = uniqueNames(4);
    const all = await Promise.all([
      elect("client-go", "a", leases),
      elect("tenure", "b", leases),
      elect("client-go", "c", leases),
      elect("tenure", "d", leases),
    ]);
    const working = (lease: string) => all.find((process) => process.works(lease));
    for (let turn = 0; turn < 3; turn++) {
      for (const lease of leases)
        await Promise.any(all.map((process) => process.until(() => working(lease) !== undefined)));
      for (const lease of leases) working(lease)?.stopElector(lease);
      for (const lease of leases)
        await Promise.any(all.map((process) => process.until(() => working(lease) === undefined)));
    }
    for (const lease of leases)
      await Promise.any(all.map((process) => process.until(() => working(lease) !== undefined)));
    expect(workOverlaps(all)).toEqual([]);
  });
});
