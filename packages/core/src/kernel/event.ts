import type { TimerKind } from "./command.ts";
import type { ComponentNode, Reconfiguration } from "./record.ts";

/** Everything that can happen to the kernel. Plain data: a log of these, with their times, replays. */
export type KernelEvent =
  | { readonly type: "boot" }
  | { readonly type: "shutdown"; readonly reason: string; readonly exitCode: number }
  | { readonly type: "lease.granted"; readonly lease: string; readonly term: number }
  | { readonly type: "lease.draining"; readonly lease: string; readonly term: number; readonly reason: string }
  | { readonly type: "lease.ended"; readonly lease: string; readonly term: number; readonly reason: string }
  | { readonly type: "lease.withdrawn"; readonly lease: string }
  | { readonly type: "started"; readonly component: string; readonly instance: number; readonly checksHealth: boolean }
  | { readonly type: "start-failed"; readonly component: string; readonly instance: number; readonly error: string }
  | { readonly type: "crashed"; readonly component: string; readonly instance: number; readonly error: string }
  | { readonly type: "done"; readonly component: string; readonly instance: number }
  | { readonly type: "stopped"; readonly component: string; readonly instance: number; readonly error?: string }
  | {
      readonly type: "health";
      readonly component: string;
      readonly instance: number;
      readonly ok: boolean;
      readonly detail?: string;
    }
  | { readonly type: "timer"; readonly component: string; readonly timer: TimerKind; readonly at: number }
  /** The elector keeps the lease: every candidate that it knows of has tried, or there is none. */
  | { readonly type: "yield-refused"; readonly component: string; readonly term: number; readonly reason: string }
  | { readonly type: "spawn"; readonly node: ComponentNode }
  | { readonly type: "remove"; readonly component: string; readonly reason: string }
  | { readonly type: "reconfigure"; readonly change: Reconfiguration };
