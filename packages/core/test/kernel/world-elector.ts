import type { KernelEvent } from "../../src/kernel/event.ts";
import type { ScopeRecord } from "../../src/kernel/record.ts";
import type { Life } from "./world-life.ts";

/** One that keeps the contract of LeaseElector. */
export interface Elector {
  readonly name: string;
  readonly scope: ScopeRecord;
  state: "off" | "standby" | "held" | "draining" | "lost";
  term: number;
  leaving: boolean;
  /** The last term that was reported as drained. */
  drained: number;
  /** The last term of which the right to act was ended. */
  ended: number;
}

export function happenedToElector(
  elector: Elector,
  event: Extract<KernelEvent, { lease: string }>,
  lives: readonly Life[],
): void {
  for (const life of lives) if (life.record.scope === elector.scope) life.yieldAsked = false;
  switch (event.type) {
    case "lease.granted":
      elector.state = "held";
      elector.term = event.term;
      return;
    case "lease.draining":
      elector.state = "draining";
      return;
    case "lease.ended":
      elector.state = elector.drained === event.term ? "standby" : "lost";
      return;
    case "lease.withdrawn":
      elector.state = "off";
      elector.leaving = false;
  }
}
