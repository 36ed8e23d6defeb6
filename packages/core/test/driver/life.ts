import type { ComponentContext, LiveReference, StopContext, Term } from "@tenure/core";
import type { Part } from "./driver-scenario.ts";

/** A promise that the scheduler settles. */
export interface Pending {
  readonly life: Life;
  readonly what: "start" | "run" | "stop" | "health";
  succeed(): void;
  fail(): void;
}

/** A soft dependency of a life, as its listener has been told of it. */
export interface Watched {
  readonly provider: string;
  readonly reference: LiveReference<unknown>;
  /** What it was when the listener was added, then what it was told. */
  readonly told: unknown[];
}

/** One instance, as seen from inside: what was done to it, and when. */
export interface Life {
  readonly name: string;
  readonly part: Part;
  /** Of the plugin's configuration when it was made. */
  readonly version: number;
  readonly term: Term;
  readonly parent: Life | undefined;
  readonly instance: object;
  readonly watched: Watched[];
  context: ComponentContext | undefined;
  starts: number;
  stops: number;
  startSettled: "no" | "well" | "badly";
  /** It was asked to stop before its start had settled. */
  askedBeforeStarted: boolean;
  /** In virtual time; and in the order of requests, from 1. */
  askedAt: number | undefined;
  askedAs: number | undefined;
  doneCalled: boolean;
  stopContext: StopContext | undefined;
  /** Its stop has settled, or it could not even be made. */
  ended: boolean;
  /** Told to its listeners by the end of the turn in which it ended: nothing may follow. */
  toldAtEnd: number | undefined;
}

export function isAsked(life: Life): boolean {
  return life.context?.signal.aborted ?? false;
}

/** Of the supervisor's count for this component. */
export function numberOf(life: Life): number {
  return (life.context as unknown as { readonly number: number } | undefined)?.number ?? 0;
}
