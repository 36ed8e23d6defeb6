import type { InstanceScope } from "../component/define-component.ts";
import type { ComponentOptions } from "../component/options.ts";
import type { LiveReferences, Needs, Resolved, Token } from "../component/token.ts";
import type { Environment } from "./command.ts";
import type { LevelOfLine } from "./output.ts";
import type { Probe } from "./probe.ts";
import type { Readiness } from "./readiness.ts";

/** What runs, and how it is told to be ready, well, and at its end. */
export interface ChildProcessSettings {
  /** A path (relative to `cwd`), or a name that is looked up in the folders of PATH. No shell is involved: nothing is expanded. */
  readonly command: string;
  /** Default: none. Others on this machine can read them: no secrets. Never logged. */
  readonly args?: readonly string[] | undefined;
  /** Variables to set, and with `undefined` to leave out. Default: none. Never logged. */
  readonly env?: Environment | undefined;
  /**
   * Whether it also receives the variables of this process. Default true. Those whose names are no identifiers (`a.b`) do not
   * arrive, since many a POSIX shell drops them.
   */
  readonly inheritEnv?: boolean | undefined;
  /** Where it runs. Default: where this process does. */
  readonly cwd?: string | undefined;
  /**
   * When it counts as started: `at-once`; a line of its output matches `{ output: /listening/ }`; a probe says yes: `{ tcp: 2379 }`,
   * `{ http: "https://127.0.0.1:6443/readyz", tls }` (a status from 200 to 399), `{ probe: async (signal) => … }`. Probes are tried
   * every 50 ms, each attempt for at most 1,000. To be reached within `startTimeout`. An end before that is a failed start.
   * Default `at-once`, as nothing can be known of a program in general: give one wherever something depends on it.
   */
  readonly ready?: Readiness | undefined;
  /** A probe that is asked at the interval of `health`. Default: none; it is well as long as it runs. */
  readonly healthy?: Probe | undefined;
  /** What asks the process group to end. Default `SIGTERM`. */
  readonly stopSignal?: NodeJS.Signals | undefined;
  /**
   * What an exit with code 0 means that nobody asked for. Default `failure`: a server that ends, however politely, is not there any more,
   * and to leave it at that in silence would be what this framework is against. `done`: it was a job, and its work is done.
   */
  readonly exitZero?: "failure" | "done" | undefined;
  /**
   * The level at which a line of its output is logged; undefined: neither logged nor quoted in an error, for secrets that a program
   * prints. Default: `info` for both streams, as most programs write everything to standard error.
   */
  readonly logLevel?: LevelOfLine | undefined;
  /**
   * A directory for files that say which process runs. With it, what a crashed predecessor has left is ended before a new one starts,
   * should the watchdog have been killed too. One for each controller of a machine. Default: none.
   */
  readonly stateDirectory?: string | undefined;
}

/** The settings that may be made of what is injected. */
export type Injectable = "command" | "args" | "env" | "cwd" | "ready" | "healthy";

type FromNeeds<V, N extends Needs, W extends Needs> =
  | V
  | ((needs: Resolved<N>, wants: LiveReferences<W>, scope: InstanceScope) => V);

/** The settings of a child process and the options of a component in one. */
export type ChildProcessOptions<N extends Needs, W extends Needs> = ComponentOptions &
  Omit<ChildProcessSettings, Injectable> & {
    readonly [K in keyof Pick<ChildProcessSettings, Injectable>]: FromNeeds<ChildProcessSettings[K], N, W>;
  } & {
    /** Unique in a composition; its lines in the log carry it. */
    readonly name: string;
    /** `process`, or the name of a lease: it then runs within one term. Default `process`. */
    readonly scope?: string;
    /** What others name to need this component. Default: the definition itself. They receive its `pid`. */
    readonly provides?: Token<RunningChildProcess>;
    /** Hard: it starts after they run, and stops before they stop. */
    readonly needs?: N;
    readonly wants?: W;
    /** Order only. */
    readonly after?: readonly Token<unknown>[];
    /** What of its plugin's configuration it depends on: see `defineComponent`. */
    readonly config?: unknown;
  };

/** What those receive that need a child process. */
export interface RunningChildProcess {
  /** For people and metrics: a number is used again by others after its end. Undefined when it does not run. */
  readonly pid: number | undefined;
}
