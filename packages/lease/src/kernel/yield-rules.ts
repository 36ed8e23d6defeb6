import type { YieldOptions } from "@tenure/core";
import type { LeaseState } from "./lease-state.ts";
import { drain } from "./term-rules.ts";
import type { Turn } from "./turn.ts";

/**
 * A candidate whose components cannot run gives way once, and again only after another has held the lease since: a fault that all of
 * them share must not pass the lease round for ever.
 *
 * @returns why it is kept; undefined: it may be given up
 */
export function whyKept(state: LeaseState): string | undefined {
  return state.gaveWay
    ? "the lease is kept, since no other candidate has taken it since it was given up last"
    : undefined;
}

/** Not campaigned for until the pause is over; a second call extends it. */
export function giveUp(turn: Turn, pause: number, reason: string, because: YieldOptions["because"]): void {
  const { state } = turn;
  state.pauseUntil = Math.max(state.pauseUntil, turn.now + pause);
  if (because === "incapable") state.gaveWay = true;
  drain(turn, reason);
}
