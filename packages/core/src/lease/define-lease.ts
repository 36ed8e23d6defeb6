import type { Clock } from "../clock/clock.ts";
import type { Needs, Resolved } from "../component/token.ts";
import { requireObject } from "../composition/check-given.ts";
import type { Logger } from "../log/logger.ts";
import type { LeaseElector, LeaseTiming } from "./lease-elector.ts";

/** What defines a lease: the scope that it opens for components, and how its elector is made. */
export interface LeaseSpec<N extends Needs> {
  /** The name by which components say `scope`. Not `process`. */
  readonly name: string;
  /** Process-scoped components that must run while this process campaigns: a connection, an API server. The lease is acquired after they run and released before they stop. */
  readonly needs?: N;
  /** Compared with the longest stop chain of the components before anything is constructed. */
  readonly timing: LeaseTiming;
  /**
   * Makes the elector, each time that the needs have started to run. When it throws, that is told by the lease's name (`lease.observed`, level `error`),
   * and it is called again: after a second, then twice as late each time, up to 30 s. Nothing else is harmed, and the lease is not held.
   */
  create(needs: Resolved<N>, host: LeaseHost): LeaseElector;
}

/** What the supervisor lends to an elector. */
export interface LeaseHost {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface LeaseDefinition {
  readonly name: string;
  readonly needs: Needs;
  readonly timing: LeaseTiming;
  create(needs: Readonly<Record<string, unknown>>, host: LeaseHost): LeaseElector;
}

/** @throws CompositionError `TENURE_BAD_SHAPE` for what is no object. All else that is wrong is reported by `createController`. */
export function defineLease<N extends Needs = Needs>(spec: LeaseSpec<N>): LeaseDefinition {
  requireObject(spec, "defineLease", "defineLease({ name, timing, create })");
  return Object.freeze({
    name: spec.name,
    needs: spec.needs ?? Object.freeze({}),
    timing: spec.timing,
    // What is no function is left as it is, for the composition to report.
    create: spec.create && ((needs, host) => spec.create(needs as Resolved<N>, host)),
  } satisfies LeaseDefinition);
}
