import type { ControllerSnapshot } from "../controller/snapshot.ts";

export interface SlowStart {
  readonly name: string;
  readonly scope: string;
  /** How long its newest start took, or has taken so far, in ms. */
  readonly took: number;
  /** It still starts. */
  readonly pending: boolean;
}

/**
 * What took longest to start, the slowest first; children included.
 *
 * @param count at most so many. Default 5.
 */
export function slowest(snapshot: ControllerSnapshot, count = 5): readonly SlowStart[] {
  return snapshot.components
    .flatMap(({ name, scope, took, phase }) =>
      took === undefined ? [] : [{ name, scope, took, pending: phase === "starting" }],
    )
    .sort((left, right) => right.took - left.took)
    .slice(0, count);
}
