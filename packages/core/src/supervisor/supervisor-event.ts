import type { IsolatedEmitter } from "../events/isolated-emitter.ts";
import type { Phase } from "../kernel/phase.ts";
import type { Reason } from "../kernel/reason.ts";
import type { LeaseObservation } from "../lease/lease-elector.ts";

export interface ComponentEvent {
  readonly component: string;
  readonly from: Phase;
  readonly to: Phase;
  readonly reason: Reason;
  readonly instance: number;
  readonly term: number;
}

export interface TermEvent {
  readonly lease: string;
  readonly term: number;
  readonly token: number;
  readonly reason: string;
}

/** What a controller tells, by name of the event. A listener that throws harms nobody else. */
export interface SupervisorEvents {
  /** A component has changed its phase. Also as `component.<phase>`. */
  "component.phase": [event: ComponentEvent];
  "component.idle": [event: ComponentEvent];
  "component.waiting": [event: ComponentEvent];
  "component.starting": [event: ComponentEvent];
  "component.running": [event: ComponentEvent];
  "component.degraded": [event: ComponentEvent];
  "component.stopping": [event: ComponentEvent];
  "component.backoff": [event: ComponentEvent];
  "component.failed": [event: ComponentEvent];
  "component.stuck": [event: ComponentEvent];
  "lease.granted": [event: TermEvent];
  /** The components are being stopped; writes are still allowed. */
  "lease.draining": [event: TermEvent];
  /** The right to act is over. */
  "lease.ended": [event: TermEvent];
  /** Nothing of the term runs any more. */
  "lease.drained": [event: TermEvent];
  "lease.observed": [event: LeaseObservation & { readonly lease: string }];
  stopped: [event: { readonly exitCode: number }];
}

/** Made once: a name that is put together at every transition is a new text, whose hash is computed anew. */
const phaseEvents = {
  idle: "component.idle",
  waiting: "component.waiting",
  starting: "component.starting",
  running: "component.running",
  degraded: "component.degraded",
  stopping: "component.stopping",
  backoff: "component.backoff",
  failed: "component.failed",
  stuck: "component.stuck",
} as const satisfies Record<Phase, keyof SupervisorEvents>;

/** Under both names. A copy: what the kernel's command has beside is not for listeners. */
export function tellPhase(
  events: IsolatedEmitter<SupervisorEvents>,
  { component, from, to, reason, instance, term }: ComponentEvent,
): void {
  const event: ComponentEvent = { component, from, to, reason, instance, term };
  events.emit("component.phase", event);
  events.emit(phaseEvents[to], event);
}
