import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startControlPlane } from "@tenure/control-plane";
import { describeError } from "@tenure/core";
import type { DistributionStatus } from "@tenure/example-distribution/status";
import { createClient, type KubernetesClient } from "@tenure/kubernetes";
import { ControllerProcess } from "../test/incident/controller-process.ts";
import { eventually } from "../test/incident/eventually.ts";

/** `pnpm start`: a real control plane with simulated nodes, three controllers of the example, a live summary until Ctrl-C. */
async function main(): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const say = (line: string) => console.log(line);

  say("bringing up a control plane: etcd, API server, controller manager, scheduler, two simulated nodes");
  await using controlPlane = await startControlPlane({ nodes: 2, onProgress: say });
  const directory = await mkdtemp(join(tmpdir(), "tenure-start-"));
  const manifests = join(directory, "manifests");
  const example = fileURLToPath(new URL("../examples/distribution/", import.meta.url));
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
    await showUntil(stop.signal, controllers, client);
  } finally {
    say("\nstopping: the leader's components first, its lease last");
    const codes = await Promise.all(controllers.map((controller) => controller.stop()));
    await client.close();
    await rm(directory, { recursive: true, force: true });
    say(`the controllers ended with ${codes.join(", ")}; stopping the control plane`);
  }
}

/** On a terminal the summary is drawn anew every second, in its place; elsewhere it is printed when something has changed. */
async function showUntil(
  signal: AbortSignal,
  controllers: readonly ControllerProcess[],
  client: KubernetesClient,
): Promise<void> {
  const terminal = process.stdout.isTTY === true;
  let shown = "";
  let height = 0;
  while (!signal.aborted) {
    const summary = await summarise(controllers, client);
    const text = summary.map(([line, age]) => (terminal ? `${line}${age}` : line)).join("\n");
    if (text !== shown) {
      if (terminal && height > 0) process.stdout.write(`\x1b[${height}A\x1b[J`);
      console.log(text);
      shown = text;
      height = summary.length;
    }
    await Promise.race([sleep(1_000), aborted(signal)]);
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

/** A line, and what changes with time alone. */
type SummaryLine = readonly [line: string, age: string];

async function summarise(
  controllers: readonly ControllerProcess[],
  client: KubernetesClient,
): Promise<readonly SummaryLine[]> {
  const lines: SummaryLine[] = [["", ""]];
  for (const controller of controllers) {
    const status = await controller.status().catch(() => undefined);
    if (status === undefined) lines.push([`${controller.name}: does not answer`, ""]);
    else lines.push(...summaryOf(controller.name, status));
  }
  const all = await workloads(client).catch(() => []);
  lines.push([`workloads: ${all.map(({ name, ready, wanted }) => `${name} ${ready}/${wanted}`).join(", ")}`, ""]);
  return lines;
}

function summaryOf(name: string, { controller, stacks, manifestErrors }: DistributionStatus): readonly SummaryLine[] {
  const lease = controller.leases[0];
  const errors = manifestErrors.map((error): SummaryLine => [`    ${error}`, ""]);
  if (lease?.term === undefined) {
    return [
      [`${name}: stands by; the lease is held by ${lease?.elector?.holder ?? "nobody that it knows of"}`, ""],
      ...errors,
    ];
  }
  const since = `, for ${Math.floor(lease.age / 1_000)} s`;
  const components = controller.components
    .filter(({ scope, parent }) => scope === lease.name && parent === undefined)
    .map(({ name: component, phase, reason }) =>
      phase === "running" ? component : `${component} (${phase}: ${reason.text})`,
    );
  const rows = stacks.map(({ name: stack, phase, objects }) => `${stack} ${phase} ${objects.applied}/${objects.total}`);
  return [
    [`${name}: LEADS, term ${lease.term.number}, token ${lease.term.token}`, since],
    [`    components: ${components.join(", ")}`, ""],
    [`    stacks: ${rows.join(", ")}`, ""],
    ...errors,
  ];
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
