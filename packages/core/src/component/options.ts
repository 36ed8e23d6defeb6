import { processScope } from "../term/term.ts";

/** How one component is supervised. All times in milliseconds. */
export interface ComponentOptions {
  /** From the moment at which everything it needs runs until `start` has settled. Default 30,000: an image-less component that needs longer hangs. */
  readonly startTimeout?: number;
  /**
   * From the request to stop (its dependents have stopped by then) until `stop` has settled, a pending start included.
   * Default 1,000 under a lease, because the sum along the longest chain is taken off the time for which the lease can be
   * kept without a renewal; 10,000 for process-scoped components, as their stop costs nobody anything.
   */
  readonly stopTimeout?: number;
  readonly health?: HealthOptions;
  readonly restart?: RestartOptions;
  /**
   * When its restarts are exhausted, or it fails and is never restarted: `isolate` leaves it failed until the next term,
   * `yield` gives the lease up so that another controller tries, `exit` ends the process. Default `isolate`; `yield` for
   * a critical component.
   */
  readonly onFailure?: FailureAction;
  /**
   * The lease is of no use without it. When it has not run for `within` (default 60,000), counted from when it went down or its
   * term began, the lease is yielded, whatever keeps it from running; its default for `onFailure` is `yield`, and its restarts
   * are bounded. A process-scoped one ends the process instead. Default false.
   */
  readonly critical?: boolean | { readonly within: number };
  /** Declares that it spawns children, whose stop takes at most `stopTimeout` (default 1,000) before its own. Default: it spawns none. */
  readonly spawns?: boolean | { readonly stopTimeout: number };
}

export interface HealthOptions {
  /** Between the end of one check and the next. Default 10,000. */
  readonly interval?: number;
  /** A check that has not settled by then has failed. Default 5,000. */
  readonly timeout?: number;
  /** That many failed checks in a row are a failure of the component. Default 3. The first one makes it `degraded`. */
  readonly threshold?: number;
}

export interface RestartOptions {
  /** `always` also restarts what called `done()`. Default `on-failure`. */
  readonly mode?: "never" | "on-failure" | "always";
  /** The n-th restart in a row waits base × factor^(n−1), at most cap, plus or minus jitter × that. Default 200, 2, 30,000, 0.2. */
  readonly backoff?: {
    readonly base?: number;
    readonly factor?: number;
    readonly cap?: number;
    readonly jitter?: number;
  };
  /** After it has run for this long, the next failure counts as the first. Default 60,000. */
  readonly resetAfter?: number;
  /**
   * More restarts than this within the window exhaust it. Default: none, it is tried again for ever at the cap of the
   * back-off, since giving up silently is what made the incident; for a critical component 5 within 60,000.
   */
  readonly intensity?: { readonly restarts: number; readonly within: number };
}

export type FailureAction = "isolate" | "yield" | "exit";

/** The options with every default filled in. */
export interface ComponentPolicy {
  readonly startTimeout: number;
  readonly stopTimeout: number;
  readonly healthInterval: number;
  readonly healthTimeout: number;
  readonly healthThreshold: number;
  readonly restartMode: "never" | "on-failure" | "always";
  readonly backoffBase: number;
  readonly backoffFactor: number;
  readonly backoffCap: number;
  readonly backoffJitter: number;
  readonly resetAfter: number;
  readonly intensity: { readonly restarts: number; readonly within: number } | undefined;
  readonly onFailure: FailureAction;
  /** For how long a critical component may be down; undefined: it is not critical. */
  readonly criticalWithin: number | undefined;
  /** Milliseconds granted to the children; undefined: it must not spawn any. */
  readonly childrenStopTimeout: number | undefined;
}

export const defaultLeaseScopedStopTimeout = 1_000;
export const defaultProcessScopedStopTimeout = 10_000;

export function resolvePolicy(options: ComponentOptions, scope: string): ComponentPolicy {
  const criticalWithin =
    typeof options.critical === "object" ? options.critical?.within : options.critical ? 60_000 : undefined;
  const critical = criticalWithin !== undefined;
  const backoff = options.restart?.backoff;
  return {
    startTimeout: options.startTimeout ?? 30_000,
    stopTimeout:
      options.stopTimeout ?? (scope === processScope ? defaultProcessScopedStopTimeout : defaultLeaseScopedStopTimeout),
    healthInterval: options.health?.interval ?? 10_000,
    healthTimeout: options.health?.timeout ?? 5_000,
    healthThreshold: options.health?.threshold ?? 3,
    restartMode: options.restart?.mode ?? "on-failure",
    backoffBase: backoff?.base ?? 200,
    backoffFactor: backoff?.factor ?? 2,
    backoffCap: backoff?.cap ?? 30_000,
    backoffJitter: backoff?.jitter ?? 0.2,
    resetAfter: options.restart?.resetAfter ?? 60_000,
    intensity: options.restart?.intensity ?? (critical ? { restarts: 5, within: 60_000 } : undefined),
    onFailure: options.onFailure ?? (critical ? "yield" : "isolate"),
    criticalWithin,
    childrenStopTimeout:
      options.spawns === undefined || options.spawns === false
        ? undefined
        : options.spawns === true
          ? defaultLeaseScopedStopTimeout
          : options.spawns?.stopTimeout,
  };
}
