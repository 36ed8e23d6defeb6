import type { Clock, Term } from "@tenure/core";
import type { KubernetesClient } from "@tenure/kubernetes";
import type { StackParent } from "./stack-parent.ts";

/** What one pass over a stack works with. */
export interface PassContext {
  readonly client: KubernetesClient;
  readonly term: Term;
  readonly clock: Clock;
  /** Ends the pass: no further call is made. */
  readonly signal: AbortSignal;
  readonly parent: StackParent;
  readonly fieldManager: string;
}

/** Resolves after `delay` ms on the clock, or when the signal aborts. */
export function pause(delay: number, { clock, signal }: Pick<PassContext, "clock" | "signal">): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      timer.cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.setTimer(delay, end);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}
