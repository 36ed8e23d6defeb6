import { type ControlPlane, startControlPlane } from "@tenure/control-plane";
import { createProcessTerm, systemClock } from "@tenure/core";
import { createClient, type KubernetesClient } from "@tenure/kubernetes";
import { HttpFaultProxy } from "@tenure/testing";
import type { Contestant } from "../../peers/elector-process.ts";
import { LeaseObserver } from "./lease-observer.ts";

/** As a Kubernetes distribution has it. Ours derives the rest: draining begins at 12.5 s. client-go's defaults are 10 s and 2 s. */
export const leaseDuration = 15_000;

export const contestants = ["tenure", "client-go"] as const satisfies readonly Contestant[];

/** The two ways of one contestant to the API server: its calls are counted and harmed there, those of leader and standby apart. */
export interface Ways {
  readonly leader: HttpFaultProxy;
  readonly standby: HttpFaultProxy;
}

/** A real API server, an observer who reads it directly, and a hand that writes to it. */
export class LeaseLab implements AsyncDisposable {
  readonly observer: LeaseObserver;
  readonly #controlPlane: ControlPlane;
  readonly #client: KubernetesClient;
  readonly #term = createProcessTerm("lab", systemClock).term;

  private constructor(controlPlane: ControlPlane, client: KubernetesClient) {
    this.#controlPlane = controlPlane;
    this.#client = client;
    this.observer = new LeaseObserver(client);
  }

  static async start(say: (line: string) => void): Promise<LeaseLab> {
    const controlPlane = await startControlPlane({ onProgress: say });
    return new LeaseLab(controlPlane, await createClient({ kubeconfig: controlPlane.kubeconfig }));
  }

  async openWays(): Promise<Ways> {
    const { kubeconfig } = this.#controlPlane;
    return { leader: await HttpFaultProxy.start({ kubeconfig }), standby: await HttpFaultProxy.start({ kubeconfig }) };
  }

  async writeOtherHolder(lease: string): Promise<void> {
    const reference = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: "default", name: lease };
    const body = { spec: { holderIdentity: "somebody-else" } };
    await this.#client.patch(this.#term, reference, { type: "merge", body });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.observer.stop();
    await this.#client.close();
    await this.#controlPlane.stop();
  }
}
