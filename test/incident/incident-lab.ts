import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startControlPlane } from "@tenure/control-plane";
import { createClient, type KubernetesClient } from "@tenure/kubernetes";
import { FaultProxy, LifeRecorder } from "@tenure/testing";
import { parse, stringify } from "yaml";
import { ControllerProcess } from "./controller-process.ts";
import { eventually } from "./eventually.ts";

export interface LeaseTimes {
  /** In ms, as the configuration says them. */
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
}

/** One node of the lab: its directory of manifests, its way to the API server, and its controller while that runs. */
export interface LabNode {
  readonly name: string;
  readonly manifests: string;
  readonly proxy: FaultProxy;
  readonly kubeconfig: string;
  controller: ControllerProcess | undefined;
}

export const leaderComponents = ["stack-applier", "manifest-applier", "coredns", "cluster-info"] as const;

const exampleDirectory = new URL("../../examples/distribution/", import.meta.url).pathname;

/** A real control plane, three nodes with a proxy each, and a witness to whom every controller reports. */
export class IncidentLab implements AsyncDisposable {
  readonly nodes: readonly LabNode[];
  readonly client: KubernetesClient;
  readonly recorder: LifeRecorder;
  readonly directory: string;
  readonly #config: string;
  readonly #controlPlane: Awaited<ReturnType<typeof startControlPlane>>;

  private constructor(parts: {
    nodes: readonly LabNode[];
    client: KubernetesClient;
    recorder: LifeRecorder;
    directory: string;
    config: string;
    controlPlane: Awaited<ReturnType<typeof startControlPlane>>;
  }) {
    this.nodes = parts.nodes;
    this.client = parts.client;
    this.recorder = parts.recorder;
    this.directory = parts.directory;
    this.#config = parts.config;
    this.#controlPlane = parts.controlPlane;
  }

  static async start(times: LeaseTimes, onProgress?: (line: string) => void): Promise<IncidentLab> {
    // Controllers, since namespaces and garbage are only removed where they run.
    const controlPlane = await startControlPlane({ controllers: true, ...(onProgress && { onProgress }) });
    const directory = await mkdtemp(join(tmpdir(), "tenure-incident-"));
    const config = join(directory, "tenure.yaml");
    const example = await readFile(join(exampleDirectory, "tenure.yaml"), "utf8");
    const values = parse(example) as { readonly lease: object };
    await writeFile(config, stringify({ ...values, lease: { ...values.lease, ...times } }));
    const nodes: LabNode[] = [];
    for (const name of ["a", "b", "c"]) {
      const proxy = await FaultProxy.start({ target: { port: Number(new URL(controlPlane.url).port) } });
      const manifests = join(directory, `manifests-${name}`);
      await mkdir(manifests);
      await cp(join(exampleDirectory, "manifests"), manifests, { recursive: true });
      const kubeconfig = await controlPlane.kubeconfigVia(proxy.url);
      nodes.push({ name, manifests, proxy, kubeconfig, controller: undefined });
    }
    const client = await createClient({ kubeconfig: controlPlane.kubeconfig });
    const recorder = await LifeRecorder.start();
    return new IncidentLab({ nodes, client, recorder, directory, config, controlPlane });
  }

  async startController(node: LabNode): Promise<void> {
    node.controller = await ControllerProcess.start({
      name: node.name,
      kubeconfig: node.kubeconfig,
      manifests: node.manifests,
      config: this.#config,
      logFile: this.logFileOf(node),
      recorderPort: this.recorder.port,
    });
  }

  logFileOf(node: LabNode): string {
    return join(this.directory, `controller-${node.name}.log`);
  }

  /** @throws when it did not end well. */
  async stopController(node: LabNode): Promise<void> {
    const code = await node.controller?.stop();
    node.controller = undefined;
    if (code !== undefined && code !== 0) {
      throw new Error(`controller ${node.name} ended with ${code}: see ${this.logFileOf(node)}`);
    }
  }

  /** Until every component of the lease runs on this node, as it says itself. */
  async leads(node: LabNode, within: number): Promise<void> {
    await eventually(
      `every component of the lease runs on ${node.name}`,
      async () => {
        const status = await node.controller?.status();
        const mine = status?.controller.components.filter((component) => component.scope === "leader") ?? [];
        const running = (name: string) => mine.find((component) => component.name === name)?.phase === "running";
        const children = mine.filter((component) => component.parent !== undefined);
        if (!leaderComponents.every(running) || !children.every((child) => child.phase === "running")) return undefined;
        return true;
      },
      { within },
    );
  }

  /** Makes the same change in the directories of all nodes, as a distribution that ships a new version does. */
  async changeEverywhere(change: (manifests: string) => Promise<void>): Promise<void> {
    for (const node of this.nodes) await change(node.manifests);
  }

  /** @param keep leaves the logs where they are, for a look at what went wrong. */
  async stop(keep = false): Promise<void> {
    await Promise.allSettled(this.nodes.map((node) => node.controller?.stop()));
    await Promise.allSettled(this.nodes.map((node) => node.proxy.stop()));
    await this.recorder.stop();
    await this.client.close();
    await this.#controlPlane.stop();
    if (!keep) await rm(this.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
