import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startControlPlane } from "@tenure/control-plane";
import { type ControllerSnapshot, describeError } from "@tenure/core";
import { createClient, type KubernetesClient } from "@tenure/kubernetes";
import { ControllerProcess } from "../test/incident/controller-process.ts";
import { eventually } from "../test/incident/eventually.ts";

/** `pnpm start`: a real control plane with simulated nodes, three controllers of the example, a live summary until Ctrl-C. */
async function main(): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => (stop.signal.aborted ? process.exit(130) : stop.abort());
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const say = (line: string) => console.log(line);

  say("bringing up a control plane: etcd, API server, controller manager, scheduler, two simulated nodes");
  await using controlPlane = await startControlPlane({ nodes: 2, onProgress: say });
  const directory = await mkdtemp(join(tmpdir(), "tenure-start-"));
  const manifests = join(directory, "manifests");
  const example = new URL("../examples/distribution/", import.meta.url).pathname;
  await cp(join(example, "manifests"), manifests, { recursive: true });
  const controllers: ControllerProcess[] = [];
  const client = await createClient({ kubeconfig: controlPlane.kubeconfig });
  try {
    for (const name of ["node-a", "node-b", "node-c"]) {
      if (stop.signal.aborted) return;
      controllers.push(
        await ControllerProcess.start({
          name,
          kubeconfig: controlPlane.kubeconfig,
          manifests,
          config: join(example, "tenure.yaml"),
          logFile: join(directory, `${name}.log`),
        }),
      );
    }
    say("three controllers run; waiting until what they apply is available");
    await Promise.race([
      eventually("the workloads are available", () => workloadsAvailable(client), { within: 120_000, every: 200 }),
      aborted(stop.signal),
    ]);
    if (!stop.signal.aborted) say(howToLook(controlPlane.kubeconfig, manifests, directory));
    let shown = "";
    while (!stop.signal.aborted) {
      const summary = await summarise(controllers, client);
      // A terminal is shown every change of any figure; a file only what has changed.
      if (summary !== shown) say(summary);
      shown = summary;
      await Promise.race([sleep(1_000), aborted(stop.signal)]);
    }
  } finally {
    say("\nstopping: the leader's components first, its lease last");
    const codes = await Promise.all(controllers.map((controller) => controller.stop()));
    await client.close();
    await rm(directory, { recursive: true, force: true });
    say(`the controllers ended with ${codes.join(", ")}; stopping the control plane`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

interface Workload {
  readonly metadata: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly availableReplicas?: number;
    readonly numberAvailable?: number;
    readonly desiredNumberScheduled?: number;
  };
}

async function workloads(
  client: KubernetesClient,
): Promise<readonly { name: string; ready: number; wanted: number }[]> {
  const [deployments, daemonSets] = await Promise.all(
    ["Deployment", "DaemonSet"].map((kind) => client.list({ apiVersion: "apps/v1", kind })),
  );
  const all = [...(deployments?.items ?? []), ...(daemonSets?.items ?? [])] as unknown as readonly Workload[];
  return all.map(({ metadata, spec, status }) => ({
    name: `${metadata.namespace}/${metadata.name}`,
    ready: status?.availableReplicas ?? status?.numberAvailable ?? 0,
    wanted: spec?.replicas ?? status?.desiredNumberScheduled ?? 1,
  }));
}

async function workloadsAvailable(client: KubernetesClient): Promise<true | undefined> {
  const all = await workloads(client);
  const expected = ["kube-system/coredns", "team-a/shop", "metrics/node-exporter"];
  const available = (name: string) =>
    all.some((entry) => entry.name === name && entry.wanted > 0 && entry.ready >= entry.wanted);
  return expected.every(available) ? true : undefined;
}

async function summarise(controllers: readonly ControllerProcess[], client: KubernetesClient): Promise<string> {
  const lines: string[] = [""];
  for (const controller of controllers) {
    const snapshot = await controller.snapshot().catch(() => undefined);
    lines.push(snapshot === undefined ? `${controller.name}: no answer` : summaryOf(controller.name, snapshot));
  }
  const available = await workloads(client).catch(() => []);
  lines.push(`workloads: ${available.map((entry) => `${entry.name} ${entry.ready}/${entry.wanted}`).join(", ")}`);
  return lines.join("\n");
}

function summaryOf(name: string, snapshot: ControllerSnapshot): string {
  const lease = snapshot.leases[0];
  const term = lease?.term;
  if (lease === undefined || term === undefined) {
    return `${name}: stands by; the lease is held by ${lease?.elector?.holder ?? "nobody that it knows of"}`;
  }
  const components = snapshot.components
    .filter((component) => component.scope === lease.name)
    .map(
      (component) =>
        `    ${component.phase.padEnd(9)} ${component.name}${component.phase === "running" ? "" : `: ${component.reason.text}`}`,
    );
  const since = Math.floor(lease.age / 10_000) * 10;
  return [`${name}: LEADS for ${since} s, term ${term.number}, token ${term.token}`, ...components].join("\n");
}

function howToLook(kubeconfig: string, manifests: string, logs: string): string {
  return [
    "",
    "everything is available. Look at it with",
    `    kubectl --kubeconfig ${kubeconfig} get deployments,daemonsets,pods -A`,
    `    kubectl --kubeconfig ${kubeconfig} -n kube-system get lease example-distribution -o yaml`,
    "Change a manifest and see it arrive:",
    `    ${manifests}/<stack>/*.yaml`,
    `The controllers log to ${logs}. Ctrl-C ends everything.`,
  ].join("\n");
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(describeError(error));
    process.exit(1);
  },
);
