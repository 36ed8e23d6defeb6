import type { KernelEvent } from "../../src/kernel/event.ts";
import type { ComponentRecord } from "../../src/kernel/record.ts";

/** A component as its environment sees it. */
export interface Life {
  readonly record: ComponentRecord;
  readonly checksHealth: boolean;
  live: boolean;
  /** Its start has settled. */
  started: boolean;
  stopAsked: boolean;
  checking: boolean;
  /** It has asked that its lease be yielded, and there is no answer yet. */
  yieldAsked: boolean;
  timerAt: number | undefined;
  outageAt: number | undefined;
  instance: number;
}

export function newLife(record: ComponentRecord, checksHealth: boolean): Life {
  return {
    record,
    checksHealth,
    live: false,
    started: false,
    stopAsked: false,
    checking: false,
    yieldAsked: false,
    timerAt: undefined,
    outageAt: undefined,
    instance: 0,
  };
}

export function happenedToLife(life: Life, event: Extract<KernelEvent, { component: string }>): void {
  switch (event.type) {
    case "timer":
      if (event.timer === "phase") life.timerAt = undefined;
      else life.outageAt = undefined;
      return;
    case "started":
    case "start-failed":
      // Settled: it is not reported again; after a failure the stop follows.
      life.started = true;
      return;
    case "health":
      life.checking = false;
      return;
    case "yield-refused":
      life.yieldAsked = false;
      return;
    case "stopped":
      life.live = false;
  }
}
