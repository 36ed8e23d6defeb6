import type { ComponentPolicy } from "../component/options.ts";
import type { Phase } from "./phase.ts";
import type { Reason } from "./reason.ts";

/** What the kernel is told of a component; names are unique and every edge names a component that exists. */
export interface ComponentNode {
  readonly name: string;
  readonly scope: string;
  readonly needs: readonly string[];
  readonly after: readonly string[];
  readonly policy: ComponentPolicy;
  readonly parent?: string;
}

export interface LeaseNode {
  readonly name: string;
  /** Process-scoped components. */
  readonly needs: readonly string[];
}

/**
 * One component. Edges point to records, and counters are kept beside them, so that a step costs what it touches: whether
 * everything needed runs is `unmetNeeds === 0`, never a walk.
 */
export interface ComponentRecord {
  readonly name: string;
  readonly parent: ComponentRecord | undefined;
  // What a reconfiguration may change, while no instance lives.
  scope: ScopeRecord;
  policy: ComponentPolicy;
  needs: readonly ComponentRecord[];
  after: readonly ComponentRecord[];
  // The other ends of edges; made when there is a first one, since most components are leaves.
  neededBy: Set<ComponentRecord> | undefined;
  afteredBy: Set<ComponentRecord> | undefined;
  neededByLeases: Set<ScopeRecord> | undefined;
  children: Set<ComponentRecord> | undefined;

  phase: Phase;
  /** On the clock of the process, when it entered its phase. */
  since: number;
  reason: Reason;
  /** Rises by one with every instance, for as long as the component exists. */
  instance: number;
  /** The number of the scope's term for which the instance was made; 0 before the first. */
  term: number;
  /** Dependents may run: it is running or degraded, or has done its work. */
  up: boolean;
  /** As far as order goes, it need not be waited for. */
  settled: boolean;
  /** It cannot come up by itself soon: it has failed or waits for something that has. */
  stalled: boolean;
  /** Needs that are not up. */
  unmetNeeds: number;
  /** Needs that are stalled. */
  stalledNeeds: number;
  /** `after` edges whose target is not settled. */
  unsettled: number;
  /** Live hard dependents, and leases that need it: its instance ends after them. Stuck ones do not count. */
  blockers: number;
  /** Live children, stuck ones not counted. */
  liveChildren: number;
  /** Live order-only dependents that are to stop as well. */
  orderBlockers: number;
  /** The instance has been told to stop (phase `stopping`; false while it waits for its blockers). */
  stopSent: boolean;
  /** What becomes of it when the stop under way has ended, beside what its scope wants. */
  outcome: Outcome | undefined;
  /** It is over until the next term: work finished, or restarts exhausted. */
  verdict: "done" | "failed" | undefined;
  /** A child that was removed: forgotten when it has stopped. */
  removed: boolean;
  /** A reconfiguration under way concerns it: it stops, and waits until all that is concerned has stopped. */
  held: boolean;
  /** Failures in a row, for the back-off. */
  failures: number;
  /** Restarts after a failure since the process began. */
  restarts: number;
  /** When it came up last; undefined before that. */
  upSince: number | undefined;
  /** When it was restarted, within the window of its intensity. */
  recent: readonly number[];
  lastError: string | undefined;
  /** When the timer of its phase fires; undefined: none is pending. */
  timerAt: number | undefined;
  /** When a critical component has been down for too long; undefined: none is pending. */
  outageAt: number | undefined;
  /** How long its last instance waited for its turn, and how long its start took, in ms. */
  waited: number;
  took: number;
  checksHealth: boolean;
  checking: boolean;
  healthFailures: number;
  healthDetail: string | undefined;
}

/** What the stop under way was caused by, when it decides what follows. */
export type Outcome =
  | { readonly kind: "failure"; readonly reason: Reason }
  /** Its work is finished, and it is not started again in this term: its dependents stay. */
  | { readonly kind: "done" }
  /** Its work is finished, and it is started again: its dependents stop and start with it. */
  | { readonly kind: "again" };

/**
 * A lease, or the process.
 *
 * ```
 *   off ──▶ campaigning ──▶ held ──▶ draining ──▶ ended ──▶ campaigning
 *    ▲          │            │          │           ▲
 *    │          │            └──────────┼───────────┘
 *    └─── (withdrawn, from any of them; `leaving` is set meanwhile)
 * ```
 */
export interface ScopeRecord {
  readonly name: string;
  readonly isProcess: boolean;
  needs: readonly ComponentRecord[];
  /** Without spawned children, which live and die with their parents. */
  readonly members: Set<ComponentRecord>;
  state: "off" | "campaigning" | "held" | "draining" | "ended";
  leaving: boolean;
  /** A reconfiguration under way concerns it: it is withdrawn, and not campaigned for until all that is concerned has stopped. */
  held: boolean;
  /** Of the current or last term. */
  term: number;
  unmetNeeds: number;
  /** Live instances, stuck ones included. */
  live: number;
  stuck: number;
  drainedSent: boolean;
  since: number;
  reason: string;
}

/** Another graph: what of the present one changes. Checked by the composition, like the first one. */
export interface Reconfiguration {
  /** New components, dependencies first. */
  readonly add: readonly ComponentNode[];
  /** Components that stay, and whose instances must be made anew. */
  readonly change: readonly ComponentNode[];
  readonly remove: readonly string[];
  /** Of those that stay: what was needed of them is another one's now. Whoever needs it is changed as well, children aside. */
  readonly replaced: readonly string[];
  readonly addLeases: readonly LeaseNode[];
  readonly changeLeases: readonly LeaseNode[];
  readonly removeLeases: readonly string[];
}

export interface KernelState {
  readonly components: Map<string, ComponentRecord>;
  readonly scopes: Map<string, ScopeRecord>;
  readonly process: ScopeRecord;
  shutdown: { readonly reason: string; exitCode: number } | undefined;
  finished: boolean;
  /** Accepted, and waiting for what it concerns to stop. */
  reconfiguration: Reconfiguration | undefined;
  /** Of the generator of jitter; part of the state, so that a log replays. */
  seed: number;
}
