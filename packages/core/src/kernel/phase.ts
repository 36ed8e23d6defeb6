/**
 * What an instance of a component does now.
 *
 * ```
 *            ┌────────────────────────── (its turn comes) ◀──────────────┐
 *   idle ──▶ waiting ──▶ starting ──▶ running ◀──▶ degraded              │
 *    ▲          │           │            │            │                  │
 *    │          │           └──────┬─────┴────────────┘                  │
 *    │          ▼                  ▼                                     │
 *    ├─────── (not wanted) ◀── stopping ──▶ backoff ──────────────────▶──┘
 *    │                           │  │         ▲ (its lease is not given up)
 *    │                           │  └──▶ failed
 *    └───────────────────────────┘  └─────▶ stuck ──▶ (as after stopping, once it really ends)
 * ```
 */
export type Phase =
  | "idle"
  | "waiting"
  | "starting"
  | "running"
  | "degraded"
  | "stopping"
  | "backoff"
  | "failed"
  | "stuck";

const successors: Readonly<Record<Phase, readonly Phase[]>> = {
  idle: ["waiting"],
  waiting: ["starting", "idle"],
  starting: ["running", "stopping"],
  running: ["degraded", "stopping"],
  degraded: ["running", "stopping"],
  stopping: ["idle", "waiting", "backoff", "failed", "stuck"],
  backoff: ["waiting", "idle"],
  failed: ["idle", "backoff"],
  stuck: ["idle", "waiting", "backoff", "failed"],
};

export function isLegalTransition(from: Phase, to: Phase): boolean {
  return successors[from].includes(to);
}

/** An instance exists: it was made and has not ended. */
export function isLive(phase: Phase): boolean {
  return (
    phase === "starting" || phase === "running" || phase === "degraded" || phase === "stopping" || phase === "stuck"
  );
}

/** Its children live: it has been started and not been asked to stop. */
export function hostsChildren(phase: Phase): boolean {
  return phase === "starting" || phase === "running" || phase === "degraded";
}
