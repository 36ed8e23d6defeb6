import { type Controller, createController, defineComponent, type LeaseObservation, silentLogger } from "@tenure/core";
import { kubernetesConnection } from "@tenure/kubernetes";
import { kubernetesLease } from "@tenure/lease";

/** One life of the component that runs under the lease. Times in ms, on `performance.now()`. */
export interface Work {
  readonly candidate: string;
  readonly token: number;
  readonly from: number;
  to: number | undefined;
}

/** A whole controller with one component under a lease, which tells when it runs. */
export class Candidate {
  readonly name: string;
  readonly controller: Controller;
  /** In the order of their beginnings, of every candidate that was given the same list. */
  readonly works: Work[];
  readonly observations: LeaseObservation[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(name: string, controller: Controller, works: Work[]) {
    this.name = name;
    this.controller = controller;
    this.works = works;
    controller.on("lease.observed", (observation) => this.observations.push(observation));
    for (const event of ["component.phase", "lease.observed", "lease.ended"] as const) {
      controller.on(event, () => {
        for (const look of [...this.#waiting]) look();
      });
    }
  }

  /** @param lease the section of the lease's configuration */
  static async start(
    name: string,
    kubeconfig: string,
    lease: Readonly<Record<string, unknown>>,
    works: Work[],
  ): Promise<Candidate> {
    const component = defineComponent({
      name: "work",
      scope: "leader",
      stopTimeout: 200,
      create: () => {
        let work: Work;
        return {
          start({ term }) {
            work = { candidate: name, token: term.token, from: performance.now(), to: undefined };
            works.push(work);
          },
          stop() {
            work.to = performance.now();
          },
        };
      },
    });
    const controller = await createController({
      plugins: [kubernetesLease({ ...lease, identity: name }), kubernetesConnection({ kubeconfig })],
      components: [component],
      logger: silentLogger,
    });
    const candidate = new Candidate(name, controller, works);
    void controller.start();
    return candidate;
  }

  get own(): readonly Work[] {
    return this.works.filter((work) => work.candidate === this.name);
  }

  get leads(): boolean {
    return this.own.some(({ to }) => to === undefined);
  }

  /** Resolves when it holds, which is looked at after every event. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (!condition()) return;
      this.#waiting.delete(look);
      resolve();
    };
    this.#waiting.add(look);
    await promise;
  }

  async observed(message: RegExp): Promise<void> {
    await this.until(() => this.observations.some((observation) => message.test(observation.message)));
  }
}

/** Pairs of lives that were at once, of one candidate or of two. */
export function overlapsOf(works: readonly Work[]): readonly (readonly [Work, Work])[] {
  return works.flatMap((one, index) =>
    works
      .slice(index + 1)
      .filter(
        (other) =>
          one.from < (other.to ?? Number.POSITIVE_INFINITY) && other.from < (one.to ?? Number.POSITIVE_INFINITY),
      )
      .map((other) => [one, other] as const),
  );
}
