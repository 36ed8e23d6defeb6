/** What both elector programs take, ours and that of client-go. Times in ms. */
export interface ElectorArguments {
  readonly kubeconfig: string;
  /** Names of the Leases, in the namespace `default`. */
  readonly leases: readonly string[];
  readonly identity: string;
  readonly leaseDuration: number;
  /** How long the work goes on after it was asked to stop. Default 0. */
  readonly workStop?: number;
  /** The electors of a process begin this far apart. Default 0. */
  readonly stagger?: number;
  /** Of client-go alone: campaign again after a loss. Ours always do. */
  readonly again?: boolean;
  /** Of client-go alone: release the Lease when it is stopped or could not renew. Default true. Ours always release what they still hold. */
  readonly releaseOnCancel?: boolean;
  /** Of client-go alone. Default: two thirds and two fifteenths of the lease, as its own defaults are. */
  readonly renewDeadline?: number;
  readonly retryPeriod?: number;
  /** Of ours alone: the work acts this often, when it may, and tells so. Default: never. */
  readonly actEvery?: number;
  /** Of ours alone: the port of a LifeRecorder. */
  readonly reportLivesTo?: number;
}

/** A line of the standard output of an elector program. */
export interface ElectorEvent {
  /**
   * `started`, `stopping` and `stopped` are of the work; `leader`: another one was seen to hold the Lease, "" for nobody; `stopped-leading`: the
   * elector knows that it leads no more.
   */
  readonly event:
    | "ready"
    | "leader"
    | "started"
    | "stopping"
    | "stopped"
    | "stopped-leading"
    | "act"
    | "failed"
    | "ended";
  readonly lease: string;
  readonly identity: string;
  readonly leader?: string;
  /** Of ours: the fencing token of the term. */
  readonly token?: number;
  /** In ms on the machine's monotonic clock, which is one for all processes. */
  readonly at: number;
}

/** The command line of client-go's program. */
export function clientGoArguments(options: ElectorArguments): readonly string[] {
  const { kubeconfig, leases, identity, leaseDuration, workStop = 0, stagger = 0 } = options;
  const { again = false, releaseOnCancel = true } = options;
  const { renewDeadline = (leaseDuration * 2) / 3, retryPeriod = (leaseDuration * 2) / 15 } = options;
  const milliseconds = (value: number) => `${Math.round(value)}ms`;
  return [
    ...["--kubeconfig", kubeconfig, "--leases", leases.join(","), "--identity", identity],
    ...["--lease-duration", milliseconds(leaseDuration), "--renew-deadline", milliseconds(renewDeadline)],
    ...["--retry-period", milliseconds(retryPeriod), "--work-stop", milliseconds(workStop)],
    ...["--stagger", milliseconds(stagger), `--again=${again}`, `--release-on-cancel=${releaseOnCancel}`],
  ];
}
