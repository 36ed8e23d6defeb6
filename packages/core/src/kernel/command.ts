import type { Phase } from "./phase.ts";
import type { Reason } from "./reason.ts";

/** `phase`: of a start, a stop, a back-off, a health check. `outage`: of a critical component that does not run. */
export type TimerKind = "phase" | "outage";

/** What the driver is to do. The kernel assumes nothing about when, or whether, it succeeds. */
export type KernelCommand =
  /** Make an instance and start it; answer with `started` or `start-failed`. */
  | {
      readonly type: "start";
      readonly component: string;
      readonly instance: number;
      readonly scope: string;
      readonly term: number;
    }
  /** Abort the instance's signal, wait for its start to settle, call its stop; answer with `stopped`. */
  | {
      readonly type: "stop";
      readonly component: string;
      readonly instance: number;
      readonly reason: Reason;
      readonly deadline: number;
    }
  /** Ask the instance for its health; answer with `health`. */
  | { readonly type: "check-health"; readonly component: string; readonly instance: number }
  /** Send `timer` with this `at` at that time. Replaces the component's earlier one of that kind. */
  | { readonly type: "set-timer"; readonly component: string; readonly timer: TimerKind; readonly at: number }
  | { readonly type: "clear-timer"; readonly component: string; readonly timer: TimerKind }
  /** It was removed and has stopped: drop everything known of it. */
  | { readonly type: "forget"; readonly component: string }
  | { readonly type: "campaign"; readonly lease: string }
  | { readonly type: "withdraw"; readonly lease: string; readonly reason: string }
  /** Nothing of this term runs any more. */
  | { readonly type: "drained"; readonly lease: string; readonly term: number }
  /** Let another candidate try; answer with `yield-refused` when the elector keeps the lease. */
  | {
      readonly type: "yield";
      readonly lease: string;
      readonly term: number;
      readonly component: string;
      readonly reason: string;
    }
  /** Everything that the change concerns has stopped: from now on the new definitions hold. Comes before the starts that follow from it. */
  | { readonly type: "reconfigured" }
  /** What it waits for hangs: the definitions stay what they were. `stuck` names at least one component. */
  | { readonly type: "reconfiguration-dropped"; readonly stuck: readonly string[] }
  /** The instance had done its work and was kept for whoever relied on that: nobody does any more. */
  | { readonly type: "discard"; readonly component: string }
  /** The right to act is over: abort the term's signal and the signal of every instance in the scope, now. */
  | { readonly type: "end-term"; readonly lease: string; readonly term: number; readonly reason: string }
  /** For observers only. */
  | {
      readonly type: "transition";
      readonly component: string;
      readonly from: Phase;
      readonly to: Phase;
      readonly reason: Reason;
      readonly instance: number;
      readonly term: number;
    }
  /** Everything has stopped and every lease is withdrawn. */
  | { readonly type: "finished"; readonly exitCode: number }
  /** Only stuck instances are left: end the process now, before the lease ends; the lease must not be released. */
  | { readonly type: "exit"; readonly exitCode: number; readonly reason: string };
