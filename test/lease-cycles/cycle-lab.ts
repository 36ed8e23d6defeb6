import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "@tenure/control-plane";
import { createProcessTerm, exitCode, systemClock } from "@tenure/core";
import { createClient, type KubernetesClient } from "@tenure/kubernetes";
import { FaultProxy, LifeRecorder } from "@tenure/testing";
import { ElectorProcess } from "../peers/elector-process.ts";
import { ActWitness } from "./act-witness.ts";

const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: "default", name: "cycles" };
/** Often enough that several acts fall between the end of a right and the next takeover. */
const actEvery = 10;
/**
 * How long the work goes on after it was asked to stop, as a part of the lease, by turns. Work that stops at once would hide a lease that is released too
 * early. The shorter one ends within the safety margin (a fifteenth) also when the term is over at once; the longer one does not, and its process has to end.
 */
const workStops = [1 / 30, 1 / 10] as const;

/** One place for a candidate: its way to the API server, and the process that runs there now. */
export interface CandidateSeat {
  readonly name: string;
  readonly proxy: FaultProxy;
  readonly kubeconfig: string;
  process: ElectorProcess;
}

/** A real API server, candidates of one Lease as processes, and the two witnesses to whom they report. */
export class CycleLab implements AsyncDisposable {
  readonly seats: CandidateSeat[] = [];
  readonly recorder: LifeRecorder;
  readonly acts = new ActWitness();
  readonly leaseName = lease.name;
  readonly leaseDuration: number;
  readonly directory: string;
  readonly #controlPlane: ControlPlane;
  readonly #client: KubernetesClient;
  readonly #term = createProcessTerm("lab", systemClock).term;
  #processes = 0;
  #outlived = 0;

  private constructor(
    leaseDuration: number,
    directory: string,
    recorder: LifeRecorder,
    controlPlane: ControlPlane,
    client: KubernetesClient,
  ) {
    this.leaseDuration = leaseDuration;
    this.directory = directory;
    this.recorder = recorder;
    this.#controlPlane = controlPlane;
    this.#client = client;
  }

  static async start(options: {
    readonly candidates: number;
    readonly leaseDuration: number;
    readonly say?: (line: string) => void;
  }): Promise<CycleLab> {
    const { candidates, leaseDuration, say } = options;
    const controlPlane = await startControlPlane(say === undefined ? {} : { onProgress: say });
    const directory = await mkdtemp(join(tmpdir(), "tenure-lease-cycles-"));
    const client = await createClient({ kubeconfig: controlPlane.kubeconfig });
    const lab = new CycleLab(leaseDuration, directory, await LifeRecorder.start(), controlPlane, client);
    const names = Array.from({ length: candidates }, (_, index) => String.fromCharCode("a".charCodeAt(0) + index));
    lab.seats.push(...(await Promise.all(names.map((name) => lab.#seat(name)))));
    return lab;
  }

  /** A new process in the place of one that has ended: another candidate, as after a restart. */
  async refill(seat: CandidateSeat): Promise<void> {
    seat.process = await this.#spawn(seat.name, seat.kubeconfig);
  }

  /**
   * A new process in the place of each that has ended itself because its work outlived the term, as whoever supervises it would do.
   *
   * @param except whose process is ended on purpose.
   * @throws when one has ended in another way, which nobody asked for.
   */
  async refillEnded(except?: CandidateSeat): Promise<void> {
    for (const seat of this.seats) {
      const { gone, identity, exit } = seat.process;
      if (!gone || seat === except) continue;
      if (exit !== exitCode.stuck) throw new Error(`candidate ${identity} has ended with ${exit}`);
      this.#outlived++;
      await this.refill(seat);
    }
  }

  /** How many processes have ended themselves because their work outlived the term. */
  get outlived(): number {
    return this.#outlived;
  }

  /** Who works, when it is only one of the processes that run, and every other one has seen it hold the Lease and is ready to take over. */
  settledLeader(): CandidateSeat | undefined {
    const living = this.recorder.living("leader");
    const leader = this.seats.find(({ process }) => process.identity === living[0]?.process);
    if (living.length !== 1 || leader === undefined) return undefined;
    const others = this.seats.filter((seat) => seat !== leader);
    const identity = leader.process.identity;
    // One whose work has not stopped yet may have to end itself.
    const stands = ({ process }: CandidateSeat) => holderSeenBy(process) === identity && !process.works(lease.name);
    return others.every(stands) ? leader : undefined;
  }

  async deleteLease(): Promise<void> {
    await this.#client.delete(this.#term, lease);
  }

  /** Respected for the shortest time that a Lease can say. */
  async writeOtherHolder(): Promise<void> {
    const body = { spec: { holderIdentity: "nobody-who-exists", leaseDurationSeconds: 1 } };
    await this.#client.patch(this.#term, lease, { type: "merge", body });
  }

  /** @param pause in ms */
  yieldLease(seat: CandidateSeat, pause: number): void {
    seat.process.yield(lease.name, pause);
  }

  /** @param keep leaves the logs where they are, for a look at what went wrong. */
  async stop(keep = false): Promise<void> {
    await Promise.allSettled(this.seats.map(({ process }) => process.kill()));
    await Promise.allSettled(this.seats.map(({ proxy }) => proxy.stop()));
    await this.recorder.stop();
    await this.#client.close();
    await this.#controlPlane.stop();
    if (!keep) await rm(this.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #seat(name: string): Promise<CandidateSeat> {
    const proxy = await FaultProxy.start({ target: { port: this.#controlPlane.port } });
    const kubeconfig = await this.#controlPlane.kubeconfigVia(proxy.url);
    return { name, proxy, kubeconfig, process: await this.#spawn(name, kubeconfig) };
  }

  #spawn(name: string, kubeconfig: string): Promise<ElectorProcess> {
    const workStop = this.leaseDuration * workStops[this.#processes % workStops.length]!;
    return ElectorProcess.start("tenure", {
      kubeconfig,
      leases: [lease.name],
      identity: `${name}-${++this.#processes}`,
      leaseDuration: this.leaseDuration,
      workStop: Math.round(workStop),
      actEvery,
      reportLivesTo: this.recorder.port,
      logFile: join(this.directory, `candidate-${name}.log`),
      onEvent: (event) => this.acts.note(event),
    });
  }
}

function holderSeenBy(process: ElectorProcess): string | undefined {
  return process.events.findLast(({ event }) => event === "leader")?.leader;
}
