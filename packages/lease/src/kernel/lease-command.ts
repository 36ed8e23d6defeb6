import type { LeaseRecord, LeaseWrite } from "../record/lease-record.ts";
import type { LeasePhase } from "./lease-phase.ts";

/** What the driver is to do. */
export type LeaseCommand =
  /** `fresh`: over a connection of its own, since the one in use may be dead. */
  | { readonly type: "read"; readonly flight: number; readonly timeout: number; readonly fresh: boolean }
  /** Conditional on `base` being what is there; `absent`: on there being none. */
  | {
      readonly type: "write";
      readonly flight: number;
      readonly write: LeaseWrite;
      readonly base: LeaseRecord | "absent";
      readonly timeout: number;
      readonly fresh: boolean;
    }
  /** Nobody waits for the answer any more. */
  | { readonly type: "abort"; readonly flight: number }
  /** Send `timer` at this time. Replaces the earlier one. */
  | { readonly type: "set-timer"; readonly at: number }
  | { readonly type: "clear-timer" }
  | { readonly type: "watch"; readonly on: boolean }
  /** The right to act of term `number` ends at this time. */
  | { readonly type: "validity"; readonly number: number; readonly deadline: number }
  | { readonly type: "granted"; readonly number: number; readonly token: number }
  | { readonly type: "draining"; readonly number: number; readonly reason: string }
  /**
   * A renewal became known to be committed, `latency` ms after it was sent and `margin` ms before draining would have begun without it; while
   * draining, before the right to act would have ended.
   */
  | { readonly type: "renewed"; readonly number: number; readonly latency: number; readonly margin: number }
  | { readonly type: "ended"; readonly number: number; readonly reason: string }
  | { readonly type: "withdrawn" }
  | { readonly type: "transition"; readonly from: LeasePhase; readonly to: LeasePhase; readonly reason: string }
  | { readonly type: "holder-changed"; readonly from: string; readonly to: string }
  | { readonly type: "trouble"; readonly error: string }
  | { readonly type: "trouble-over"; readonly error: string };
