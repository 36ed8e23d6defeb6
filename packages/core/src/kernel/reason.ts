/** Why a component is in its phase: as data for programs, in words for people. */
export interface Reason {
  readonly code: ReasonCode;
  /** One clause that names the cause. */
  readonly text: string;
  /** The component or lease that is the cause, where there is one. */
  readonly subject?: string;
}

export type ReasonCode =
  | "scope-not-held"
  | "scope-opened"
  | "scope-draining"
  | "term-ended"
  | "waiting-for"
  | "dependency-stopping"
  | "parent-stopping"
  | "started"
  | "start-failed"
  | "start-timeout"
  | "crashed"
  | "unhealthy"
  | "healthy"
  | "done"
  | "restarting"
  | "exhausted"
  | "stop-timeout"
  | "stop-failed"
  | "stopped"
  | "removed"
  | "reconfigured"
  | "shutdown";

/** What every component goes through is said with one object for all of them. */
export const reasons = {
  turnNotCome: Object.freeze({ code: "scope-opened", text: "its turn has not come yet" }),
  allNeedsRun: Object.freeze({ code: "scope-opened", text: "everything it needs runs" }),
  runs: Object.freeze({ code: "started", text: "runs" }),
} satisfies Record<string, Reason>;

export function reason(code: ReasonCode, text: string, subject?: string): Reason {
  return subject === undefined ? { code, text } : { code, text, subject };
}
