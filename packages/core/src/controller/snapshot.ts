import { isWanted } from "../kernel/component-rules.ts";
import { isLive, type Phase } from "../kernel/phase.ts";
import type { Reason } from "../kernel/reason.ts";
import type { ComponentRecord, ScopeRecord } from "../kernel/record.ts";
import { drainPoint, type LeaseElectorSnapshot } from "../lease/lease-elector.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

/**
 * Everything about a controller, as plain data: strings, finite numbers, booleans, lists and objects of them, so that JSON writes it
 * without a loss (what is undefined is left out). Command line, dashboard, health endpoints and error reports print this one thing.
 * Durations in ms.
 */
export interface ControllerSnapshot {
  readonly identity: string;
  /** When it was taken, on the controller's clock: to be compared with `at` of events, and with nothing else. */
  readonly at: number;
  readonly plugins: readonly string[];
  /** Why it shuts down; undefined while it does not. */
  readonly shutdown: string | undefined;
  readonly process: ProcessSnapshot;
  readonly leases: readonly LeaseSnapshot[];
  readonly components: readonly ComponentSnapshot[];
}

/** The scope that always holds, from `start` to the shutdown. */
export interface ProcessSnapshot {
  /** `off` before the start, `draining` from the beginning of the shutdown on. */
  readonly state: ScopeRecord["state"];
  readonly age: number;
  /** Live instances in its scope. */
  readonly live: number;
}

export interface LeaseSnapshot {
  readonly name: string;
  /** As the supervisor sees it. */
  readonly state: ScopeRecord["state"];
  readonly reason: string;
  /** For how long it has been in this state. */
  readonly age: number;
  /** As the elector sees it; undefined before it campaigns. */
  readonly elector: LeaseElectorSnapshot | undefined;
  /** The current term; undefined while none is held or draining. */
  readonly term:
    | {
        readonly number: number;
        readonly token: number;
        readonly held: boolean;
        /** Until the right to act ends unless it is renewed; undefined: it does not end by itself. */
        readonly remaining: number | undefined;
      }
    | undefined;
  /** Process-scoped components without which it is not campaigned for. */
  readonly needs: readonly string[];
  /** The longest chain of stops and how long it takes at most. */
  readonly stopBudget: number;
  /** Draining begins this long after the last renewal was sent. */
  readonly drainPoint: number;
  /** Live instances in its scope. */
  readonly live: number;
}

export interface ComponentSnapshot {
  readonly name: string;
  readonly scope: string;
  readonly parent: string | undefined;
  /** Those that it has spawned and that are not forgotten, in the order of their making. */
  readonly children: readonly string[];
  /** The lease is of no use without it. */
  readonly critical: boolean;
  readonly phase: Phase;
  readonly desired: "started" | "stopped";
  /** Why it is in this phase; names what keeps it from running. */
  readonly reason: Reason;
  readonly age: number;
  /** For how long dependents may have relied on it, since its last start ended or its work was done; undefined: they may not. */
  readonly upFor: number | undefined;
  /** How long its newest instance waited until everything that it needs ran; undefined: it has none yet. */
  readonly waited: number | undefined;
  /** How long its newest start took, or has taken so far; undefined: it was never started. */
  readonly took: number | undefined;
  readonly instance: number;
  readonly term: number;
  readonly restarts: number;
  readonly failures: number;
  readonly lastError: string | undefined;
  /** What its health check said last, in words. */
  readonly health: string | undefined;
  /** Hard dependencies. */
  readonly needs: readonly string[];
  /** Soft dependencies that the composition has. */
  readonly wants: readonly string[];
  /** Order only. */
  readonly after: readonly string[];
  /** While it waits to start: those of its needs that do not run, and those of `after` that are to come first. While it waits to be told to stop: what has to stop before it. */
  readonly waitsFor: readonly string[];
}

export function takeSnapshot(supervisor: Supervisor, identity: string): ControllerSnapshot {
  const { composition, now } = supervisor;
  const { process, shutdown } = supervisor.state;
  return {
    identity,
    at: now,
    plugins: [...composition.contributed.keys()],
    shutdown: shutdown?.reason,
    process: { state: process.state, age: now - process.since, live: process.live },
    leases: [...composition.leases.values()].flatMap(({ definition, stopChain }) => {
      const scope = supervisor.state.scopes.get(definition.name);
      // In the middle of a change it may be gone already.
      return scope === undefined
        ? []
        : leaseSnapshot(supervisor, scope, { ...definition, stopBudget: stopChain.total }, now);
    }),
    components: [...supervisor.state.components.values()].map((record) => componentSnapshot(supervisor, record, now)),
  };
}

function leaseSnapshot(
  supervisor: Supervisor,
  scope: ScopeRecord,
  lease: { readonly timing: Parameters<typeof drainPoint>[0]; readonly stopBudget: number },
  now: number,
): LeaseSnapshot {
  const session = supervisor.sessionOf(scope.name);
  const term = session?.control?.term;
  const current = scope.state === "held" || scope.state === "draining" ? term : undefined;
  return {
    name: scope.name,
    state: scope.state,
    reason: scope.reason,
    age: now - scope.since,
    elector: scope.state === "off" ? undefined : session?.snapshot(),
    term: current && {
      number: current.number,
      token: current.token,
      held: current.held,
      remaining: finite(current.remaining()),
    },
    needs: scope.needs.map((need) => need.name),
    stopBudget: lease.stopBudget,
    drainPoint: drainPoint(lease.timing, lease.stopBudget),
    live: scope.live,
  };
}

/** JSON has no Infinity. */
function finite(duration: number): number | undefined {
  return Number.isFinite(duration) ? duration : undefined;
}

function componentSnapshot(supervisor: Supervisor, record: ComponentRecord, now: number): ComponentSnapshot {
  const waitsFor = whomItWaitsFor(record);
  return {
    name: record.name,
    scope: record.scope.name,
    parent: record.parent?.name,
    children: [...(record.children ?? [])].map((child) => child.name),
    critical: record.policy.criticalWithin !== undefined,
    phase: record.phase,
    desired: isWanted(record) ? "started" : "stopped",
    reason: reasonWith(waitsFor, supervisor, record),
    age: now - record.since,
    upFor: record.up && record.upSince !== undefined ? now - record.upSince : undefined,
    waited: record.instance === 0 ? undefined : record.waited,
    took: record.instance === 0 ? undefined : record.phase === "starting" ? now - record.since : record.took,
    instance: record.instance,
    term: record.term,
    restarts: record.restarts,
    failures: record.failures,
    lastError: record.lastError,
    health: record.healthDetail,
    needs: record.needs.map((need) => need.name),
    wants: wantsOf(supervisor, record.name),
    after: record.after.map((earlier) => earlier.name),
    waitsFor,
  };
}

/** The kernel knows nothing of soft dependencies: they decide nothing. */
function wantsOf(supervisor: Supervisor, name: string): readonly string[] {
  const tokens = Object.values(supervisor.definitionOf(name)?.wants ?? {});
  return [...new Set(tokens.flatMap((token) => supervisor.composition.providers.get(token.name) ?? []))];
}

/** To start: what does not run yet, and what is to come before it. To be told to stop: what must not outlive it. */
function whomItWaitsFor(record: ComponentRecord): readonly string[] {
  const names = (owners: Iterable<{ readonly name: string }> = []) => [...owners].map((owner) => owner.name);
  if (record.phase === "waiting") {
    return names([...record.needs.filter((need) => !need.up), ...record.after.filter((earlier) => !earlier.settled)]);
  }
  if (record.phase !== "stopping" || record.stopSent) return [];
  const live = [...(record.neededBy ?? []), ...(record.children ?? [])].filter(
    ({ phase }) => isLive(phase) && phase !== "stuck",
  );
  const later = [...(record.afteredBy ?? [])].filter(({ phase }) => phase === "stopping");
  const leases = [...(record.neededByLeases ?? [])].filter(({ state }) => state !== "off");
  return [...new Set(names([...live, ...later, ...leases]))];
}

function reasonWith(waitsFor: readonly string[], supervisor: Supervisor, record: ComponentRecord): Reason {
  const { reason, phase, name } = record;
  const [first] = waitsFor;
  const list = waitsFor.map((other) => `"${other}"`).join(", ");
  if (phase === "waiting" && first !== undefined) {
    return { code: "waiting-for", text: `waits for ${list}`, subject: first };
  }
  if (phase === "stopping" && first !== undefined)
    return { ...reason, text: `${reason.text}; waits for ${list} to stop` };
  const hangs = phase === "stuck" ? supervisor.pendingCallOf(name) : undefined;
  return hangs === undefined ? reason : { ...reason, text: `${reason.text}: its ${hangs} has not settled` };
}
