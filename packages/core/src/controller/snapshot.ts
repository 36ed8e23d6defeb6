import type { Clock } from "../clock/clock.ts";
import { isWanted } from "../kernel/component-rules.ts";
import type { Phase } from "../kernel/phase.ts";
import type { Reason } from "../kernel/reason.ts";
import type { ComponentRecord, ScopeRecord } from "../kernel/record.ts";
import { drainPoint, type LeaseElectorSnapshot } from "../lease/lease-elector.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

/** Everything about a controller, as plain data. Command line, dashboard, health endpoints and error reports print this one thing. Durations in ms. */
export interface ControllerSnapshot {
  readonly identity: string;
  readonly plugins: readonly string[];
  /** Why it shuts down; undefined while it does not. */
  readonly shutdown: string | undefined;
  readonly leases: readonly LeaseSnapshot[];
  readonly components: readonly ComponentSnapshot[];
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
    | { readonly number: number; readonly token: number; readonly held: boolean; readonly remaining: number }
    | undefined;
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
  readonly phase: Phase;
  readonly desired: "started" | "stopped";
  /** Why it is in this phase; names what keeps it from running. */
  readonly reason: Reason;
  readonly age: number;
  readonly instance: number;
  readonly term: number;
  readonly restarts: number;
  readonly failures: number;
  readonly lastError: string | undefined;
  /** What its health check said last, in words. */
  readonly health: string | undefined;
  readonly needs: readonly string[];
  /** Of its needs, those that do not run. */
  readonly waitsFor: readonly string[];
}

export function takeSnapshot(supervisor: Supervisor, identity: string, clock: Clock): ControllerSnapshot {
  const now = clock.now();
  const { composition } = supervisor;
  return {
    identity,
    plugins: [...composition.contributed.keys()],
    shutdown: supervisor.state.shutdown?.reason,
    leases: [...composition.leases.values()].map(({ definition, stopChain }) => {
      const scope = supervisor.state.scopes.get(definition.name)!;
      return leaseSnapshot(supervisor, scope, { ...definition, stopBudget: stopChain.total }, now);
    }),
    components: [...supervisor.state.components.values()].map((record) => componentSnapshot(record, now)),
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
      remaining: current.remaining(),
    },
    stopBudget: lease.stopBudget,
    drainPoint: drainPoint(lease.timing, lease.stopBudget),
    live: scope.live,
  };
}

function componentSnapshot(record: ComponentRecord, now: number): ComponentSnapshot {
  const waitsFor = record.needs.filter((need) => !need.up).map((need) => need.name);
  const waiting = record.phase === "waiting" && waitsFor.length > 0;
  return {
    name: record.name,
    scope: record.scope.name,
    parent: record.parent?.name,
    phase: record.phase,
    desired: isWanted(record) ? "started" : "stopped",
    reason: waiting
      ? {
          code: "waiting-for",
          text: `waits for ${waitsFor.map((name) => `"${name}"`).join(", ")}`,
          subject: waitsFor[0]!,
        }
      : record.reason,
    age: now - record.since,
    instance: record.instance,
    term: record.term,
    restarts: record.restarts,
    failures: record.failures,
    lastError: record.lastError,
    health: record.healthDetail,
    needs: record.needs.map((need) => need.name),
    waitsFor,
  };
}
