import type { YieldOptions } from "@tenure/core";
import type { LeaseRecord } from "../record/lease-record.ts";
import type { KnownCandidate } from "./known-candidate.ts";

/** Everything that can happen to a candidate. */
export type LeaseEvent =
  | { readonly type: "campaign"; readonly stopBudget: number }
  | { readonly type: "withdraw"; readonly reason: string }
  | {
      readonly type: "yield";
      readonly pause: number;
      readonly reason: string;
      readonly because: YieldOptions["because"];
    }
  | { readonly type: "stop-budget"; readonly stopBudget: number }
  | { readonly type: "drained"; readonly number: number }
  | { readonly type: "timer" }
  /** The answer to a read. */
  | {
      readonly type: "read";
      readonly flight: number;
      readonly record: LeaseRecord | "absent";
      readonly collectionVersion: string;
    }
  /** A write was committed, and this is what it wrote. */
  | { readonly type: "written"; readonly flight: number; readonly record: LeaseRecord }
  /** `refused`: the server said no, nothing was written. `conflict`: because the Lease is another one than we knew. `unknown`: it may have been written. */
  | {
      readonly type: "failed";
      readonly flight: number;
      readonly outcome: "refused" | "conflict" | "unknown";
      readonly error: string;
      /** Milliseconds that the server asks to wait. */
      readonly retryAfter?: number;
    }
  /** The watch shows this record, or that there is none. `resourceVersion` of the deletion for the latter. */
  | { readonly type: "seen"; readonly record: LeaseRecord }
  | { readonly type: "deleted"; readonly resourceVersion: string }
  /** The watch broke and begins anew: what it would have shown meanwhile must be read. */
  | { readonly type: "watch-gap" }
  /** Who else is a candidate; undefined: it cannot be told. */
  | { readonly type: "candidates"; readonly others: readonly KnownCandidate[] | undefined };
