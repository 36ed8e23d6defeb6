import type { HttpFaultProxy } from "@tenure/testing";
import type { ElectorEvent } from "../../peers/elector-arguments.ts";
import { type Contestant, ElectorProcess } from "../../peers/elector-process.ts";
import { type LeaseLab, leaseDuration, type Ways } from "./lease-lab.ts";

export interface ContestOptions {
  readonly contestant: Contestant;
  /** Begins the names of the Leases, of which no two contests may have the same. */
  readonly name: string;
  /** How many Leases at once: waiting is most of the time. */
  readonly leases: number;
  /** In ms. Default 0. */
  readonly workStop?: number;
  /** See `ElectorArguments`. */
  readonly releaseOnCancel?: boolean;
}

/** Electors of one contestant for many Leases: those of one process lead them all, those of another stand by. */
export class Contest implements AsyncDisposable {
  readonly leases: readonly string[];
  readonly ways: Ways;
  leader: ElectorProcess;
  standby: ElectorProcess;
  readonly #options: ContestOptions;
  readonly #processes: ElectorProcess[];

  private constructor(options: ContestOptions, leases: readonly string[], ways: Ways, pair: readonly ElectorProcess[]) {
    this.#options = options;
    this.leases = leases;
    this.ways = ways;
    [this.leader, this.standby] = pair as [ElectorProcess, ElectorProcess];
    this.#processes = [...pair];
  }

  static async start(lab: LeaseLab, options: ContestOptions): Promise<Contest> {
    const { contestant, name } = options;
    const leases = Array.from({ length: options.leases }, (_, index) => `${name}-${contestant}-${index}`);
    const ways = await lab.openWays();
    const leader = await spawn("first", options, leases, ways.leader);
    await leader.until(({ length }) => length > leases.length && leases.every((lease) => leader.works(lease)));
    const contest = new Contest(options, leases, ways, [leader, await spawn("second", options, leases, ways.standby)]);
    await contest.#seen();
    return contest;
  }

  /** The one that stands by leads now; a new process stands by for it. */
  async turn(identity: string): Promise<void> {
    const next = await spawn(identity, this.#options, this.leases, this.ways.leader);
    this.#processes.push(next);
    this.leader = this.standby;
    this.standby = next;
    await this.#seen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    await Promise.all([this.ways.leader.stop(), this.ways.standby.stop()]);
  }

  /** Those who stand by know whom they wait for. */
  async #seen(): Promise<void> {
    const { identity } = this.leader;
    await this.standby.until((events) => {
      const seen = new Set(events.filter(({ leader }) => leader === identity).map(({ lease }) => lease));
      return this.leases.every((lease) => seen.has(lease));
    });
  }
}

async function spawn(
  identity: string,
  options: ContestOptions,
  leases: readonly string[],
  way: HttpFaultProxy,
): Promise<ElectorProcess> {
  const { contestant, workStop = 0, releaseOnCancel = true } = options;
  const kubeconfig = await way.kubeconfig();
  // Spread over a retry period, so that renewals are too.
  const stagger = Math.round(2_000 / leases.length);
  const elector = { kubeconfig, leases, identity, leaseDuration, workStop, releaseOnCancel, stagger };
  return await ElectorProcess.start(contestant, elector);
}

/** The first event of that kind of that Lease. */
export function toldAt(process: ElectorProcess, lease: string, kind: ElectorEvent["event"]): number | undefined {
  return process.events.find((told) => told.lease === lease && told.event === kind)?.at;
}
