import type { ComponentSnapshot } from "../controller/snapshot.ts";

/** When a component's newest start was due, began and ended: on the clock of the snapshot, in ms. */
export interface StartTimes {
  /** From when on it waited for what it needs. */
  readonly due: number;
  readonly began: number;
  /** Of a start under way: the time of the snapshot. */
  readonly ended: number;
}

/** @returns undefined when it neither is up nor starts: what did not run for others kept nobody waiting in a way that is still known. */
export function startTimes(component: ComponentSnapshot, at: number): StartTimes | undefined {
  const { waited, took, upFor, phase } = component;
  if (waited === undefined || took === undefined) return undefined;
  const ended = phase === "starting" ? at : upFor === undefined ? undefined : at - upFor;
  if (ended === undefined) return undefined;
  return { due: ended - took - waited, began: ended - took, ended };
}
