import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProcessTerm, type LeaseTiming, systemClock } from "@tenure/core";
import { createClient, type KubernetesClient, type KubernetesObject } from "@tenure/kubernetes";
import { candidateLabel, KubernetesLeaseElector } from "@tenure/lease";
import { afterAll, afterEach, beforeAll, inject } from "vitest";
import { LeaseRecording } from "./lease-recording.ts";

export const timing = { leaseDuration: 3_000, renewDeadline: 2_000, retryPeriod: 400, safetyMargin: 300 };
export const { term } = createProcessTerm("test", systemClock);
export const kind = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
/** The test's own client, which may do everything. */
export let hand: KubernetesClient;
let folder: string;
let names = 0;
const begun: { readonly elector: KubernetesLeaseElector; readonly recording: LeaseRecording }[] = [];

/** For a file of tests: a client by hand, and every elector withdrawn after each test. */
export function useElectors(): void {
  beforeAll(async () => {
    hand = await createClient({ kubeconfig: inject("kubeconfig") });
    folder = await mkdtemp(join(tmpdir(), "lease-test-"));
  });

  afterEach(async () => {
    for (const { elector, recording } of begun.splice(0)) {
      elector.withdraw("the test is over");
      for (const told of recording.told) if (told.type === "granted") elector.drained(told.number);
      await recording.next("withdrawn");
    }
  });

  afterAll(async () => {
    await hand.close();
    await rm(folder, { recursive: true });
  });
}

export function uniqueName(): string {
  return `elector-${process.pid}-${++names}`;
}

/** A kubeconfig like the real one, changed. */
export async function changedKubeconfig(change: (text: string) => string): Promise<string> {
  const path = join(folder, `kubeconfig-${++names}`);
  await writeFile(path, change(readFileSync(inject("kubeconfig"), "utf8")), { mode: 0o600 });
  return path;
}

/** The calls of a client are counted, by method; those for the records of candidates apart. */
function counted(client: KubernetesClient): { readonly client: KubernetesClient; readonly calls: string[] } {
  const calls: string[] = [];
  const counting = new Proxy(client, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        const [first, second] = given;
        const forCandidates =
          (first as { labelSelector?: string } | undefined)?.labelSelector !== undefined ||
          (second as KubernetesObject | undefined)?.metadata?.labels?.[candidateLabel] !== undefined ||
          property === "delete";
        calls.push(forCandidates ? `${String(property)} candidates` : String(property));
        return Reflect.apply(value, target, given);
      };
    },
  });
  return { client: counting, calls };
}

export async function elect(
  name: string,
  identity: string,
  options: {
    kubeconfig?: string;
    stopsAtOnce?: boolean;
    namespace?: string;
    candidatePeriod?: number;
    /** Default: `timing`. */
    times?: LeaseTiming;
  } = {},
): Promise<{ elector: KubernetesLeaseElector; recording: LeaseRecording; calls: string[] }> {
  const { kubeconfig = inject("kubeconfig"), stopsAtOnce = true, namespace = "default", candidatePeriod } = options;
  const { client, calls } = counted(await createClient({ kubeconfig }));
  const elector = new KubernetesLeaseElector({
    client,
    location: { namespace, name },
    identity,
    timing: options.times ?? timing,
    clock: systemClock,
    ...(candidatePeriod === undefined ? {} : { candidatePeriod }),
  });
  const recording = new LeaseRecording(elector, { stopsAtOnce });
  begun.push({ elector, recording });
  return { elector, recording, calls };
}

export async function leaseOf(name: string): Promise<KubernetesObject> {
  const lease = await hand.get({ ...kind, namespace: "default", name });
  if (lease === undefined) throw new TypeError(`there is no Lease ${name}`);
  return lease;
}

export function patchByHand(name: string, body: unknown): Promise<KubernetesObject> {
  return hand.patch(term, { ...kind, namespace: "default", name }, { type: "merge", body });
}

/** Waits for the Lease to be as said, by a watch. */
export async function seen(name: string, condition: (lease: KubernetesObject) => boolean): Promise<KubernetesObject> {
  const abort = new AbortController();
  const selection = { ...kind, namespace: "default", fieldSelector: `metadata.name=${name}` };
  try {
    for await (const { type, object } of hand.watch(selection, { signal: abort.signal })) {
      if (type !== "BOOKMARK" && type !== "DELETED" && condition(object)) return object;
    }
  } finally {
    abort.abort();
  }
  throw new TypeError("the watch ended");
}
