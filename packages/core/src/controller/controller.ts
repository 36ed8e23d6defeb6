import type { Clock } from "../clock/clock.ts";
import { type Composition, type CompositionInput, compose } from "../composition/compose.ts";
import { didYouMean } from "../composition/near-names.ts";
import { remarksOn } from "../composition/remarks.ts";
import { type ConfigSource, configInCode, isConfigSource } from "../config/config-source.ts";
import { describeError, TenureError } from "../errors/tenure-error.ts";
import { type ControllerEvent, ControllerEvents } from "../events/controller-events.ts";
import type { EventStreamOptions, Gap } from "../events/event-stream.ts";
import { type PrettyPrintOptions, prettyPrint } from "../introspection/pretty-print.ts";
import { exitCode } from "../kernel/exit-code.ts";
import type { Logger } from "../log/logger.ts";
import type { EventLogData } from "../supervisor/event-log.ts";
import { currentInstance } from "../supervisor/instance-context.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import type { SupervisorEvents } from "../supervisor/supervisor-event.ts";
import { reloadOnHangup } from "./reload.ts";
import { type ControllerSnapshot, takeSnapshot } from "./snapshot.ts";

export interface ControllerSettings {
  /** What `reconfigure` composes anew. */
  readonly input: Omit<CompositionInput, "config">;
  readonly identity: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly seed: number;
  readonly yieldPause: number;
  readonly exit: (code: number, reason: string) => void;
}

/** Ctrl-C reaches a process from the terminal and again from a package runner that passes it on: within this many ms it is one. */
const sameSignal = 500;

/** More errors that nobody handled than this within so many ms are a flood: faults of a thousand components at once are fewer. */
const floodSize = 2_000;
const floodWindow = 1_000;

/** Keys are the names of plugins. */
export type ConfigInCode = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface RunOptions {
  /**
   * Gives the configuration anew when the process receives SIGHUP, as in `() => loadConfig(file)`; it is then changed as by `reconfigure`. What is
   * wrong with it is logged, and the old one goes on; so it does when nothing is given within 30,000 ms, far more than any file takes. Signals that
   * come while a change is under way are one more change after it. Default: none, and SIGHUP ends the process as it does any other.
   */
  readonly reload?: () => Promise<ConfigSource | ConfigInCode> | ConfigSource | ConfigInCode;
}

/** Names of components and leases. */
export interface ConfigurationChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** Leaving the loop, `return()`, disposing of it and the signal end it and release everything. */
export interface ControllerEventStream
  extends AsyncIterableIterator<ControllerEvent | Gap, undefined, undefined>,
    AsyncDisposable {
  return(): Promise<IteratorResult<ControllerEvent | Gap, undefined>>;
}

/** A composition that runs. Made by `createController`. */
export class Controller {
  readonly #settings: ControllerSettings;
  readonly #supervisor: Supervisor;
  readonly #events: ControllerEvents;
  readonly #stopped: Promise<number>;
  #begun = false;
  /** Of errors that nobody handled. */
  #flood = { since: 0, count: 0 };
  #reconfiguring: Promise<unknown> = Promise.resolve();

  constructor(composition: Composition, settings: ControllerSettings) {
    this.#settings = settings;
    this.#supervisor = new Supervisor({ ...settings, composition });
    this.#events = new ControllerEvents(this.#supervisor.events, () => this.#supervisor.now);
    this.#stopped = new Promise((resolve) => {
      this.#supervisor.events.on("stopped", (event) => resolve(event.exitCode));
    });
    this.#logEvents();
    for (const remark of remarksOn(composition)) settings.logger.info({}, remark);
  }

  get identity(): string {
    return this.#settings.identity;
  }

  /**
   * Begins to supervise, and returns: process-scoped components start, leases are campaigned for. A second call does nothing.
   *
   * @throws TenureError TENURE_STOPPED after a stop: what has been stopped is not started again.
   */
  start(): void {
    this.#refuseAfterStop();
    if (this.#begun) return;
    this.#begun = true;
    this.#supervisor.dispatch({ type: "boot" });
  }

  /**
   * `start`, then until SIGTERM, SIGINT, `stop` or a failure that ends the process: stops in reverse order, then releases the
   * lease. A second signal ends the process at once; the same one again within 500 ms is the first, which a terminal and a package
   * runner both pass on. Sets `process.exitCode`. Meanwhile an unhandled rejection or exception is
   * the failure of the component whose code it came from, and ends the process in order (code 72) when it is of none.
   *
   * @returns the exit code, when everything has stopped.
   * @throws TenureError TENURE_STOPPED after a stop.
   */
  async run(options: RunOptions = {}): Promise<number> {
    this.#refuseAfterStop();
    const { clock, logger } = this.#settings;
    let first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
      const at = clock.now();
      const isSame = first?.signal === signal && at - first.at < sameSignal;
      const isFirst = first === undefined;
      first ??= { signal, at };
      if (isSame) {
        logger.info({ signal }, `${signal} again: the same one within ${sameSignal} ms counts once`);
        return;
      }
      if (!isFirst) {
        this.#settings.exit(exitCode.forced, `a second signal (${signal})`);
        return;
      }
      void this.stop(`received ${signal}`);
    };
    // A controller whose components hold no handle is still to run until it is told to stop.
    const keepAlive = setInterval(() => {}, 2 ** 30);
    const onRejection = (error: unknown) => this.#unhandled(error);
    process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
    const endReloading = options.reload && reloadOnHangup(this, options.reload, this.#settings);
    process.on("unhandledRejection", onRejection).on("uncaughtException", onRejection);
    try {
      this.start();
      const code = await this.#stopped;
      process.exitCode = code;
      return code;
    } finally {
      clearInterval(keepAlive);
      endReloading?.();
      process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
      process.off("unhandledRejection", onRejection).off("uncaughtException", onRejection);
    }
  }

  /**
   * Of a component: its failure. Of nobody: the process is in a state that nobody knows, and stops. Errors that come from their own report,
   * as from a logger whose reader is gone, keep the event loop, and with it the lease, waiting for ever: a flood of them ends it at once.
   */
  #unhandled(error: unknown): void {
    const now = this.#settings.clock.now();
    if (now - this.#flood.since >= floodWindow) this.#flood = { since: now, count: 0 };
    this.#flood.count++;
    if (this.#flood.count > floodSize) {
      this.#settings.exit(
        exitCode.unhandled,
        `more than ${floodSize} errors that nobody handled within ${floodWindow} ms`,
      );
      return;
    }
    if (this.#supervisor.unhandled(error, currentInstance())) return;
    const text = describeError(error);
    this.#settings.logger.error({ error: text }, "an error that nobody handled");
    this.#supervisor.dispatch({
      type: "shutdown",
      reason: `an error that nobody handled: ${text}`,
      exitCode: exitCode.unhandled,
    });
  }

  #refuseAfterStop(): void {
    const { shutdown } = this.#supervisor.state;
    if (shutdown === undefined) return;
    throw new TenureError(`this controller was stopped: ${shutdown.reason}`, {
      code: "TENURE_STOPPED",
      remedy: "Make another one with createController.",
    });
  }

  /** Stops everything in reverse order and releases the leases. Resolves when nothing runs. Many calls are one stop. */
  async stop(reason = "asked to stop"): Promise<void> {
    // What was never started is not started for this.
    this.#begun = true;
    this.#supervisor.dispatch({ type: "shutdown", reason, exitCode: exitCode.ok });
    await this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("disposed");
  }

  /**
   * Gives the lease up, so that another candidate leads; this one campaigns again after `pause` ms. Not held: only the pause. A second
   * call extends the pause.
   *
   * @throws TenureError TENURE_UNKNOWN_LEASE for a name that the composition does not have.
   */
  yieldLease(lease: string, options: { readonly pause?: number; readonly reason?: string } = {}): void {
    const { leases } = this.#supervisor.composition;
    if (!leases.has(lease)) {
      const known = [...leases.keys()];
      throw new TenureError(`there is no lease "${lease}" to yield${didYouMean(lease, known)}`, {
        code: "TENURE_UNKNOWN_LEASE",
        remedy: known.length === 0 ? "The composition has no lease." : `Name one of: ${known.join(", ")}.`,
      });
    }
    const session = this.#supervisor.sessionOf(lease);
    session?.yield({
      pause: options.pause ?? this.#settings.yieldPause,
      reason: options.reason ?? "asked to yield",
      because: "asked",
    });
  }

  /**
   * Changes the configuration while everything runs. The plugins whose section has changed describe their components anew; those
   * components, what depends on them, and leases of theirs stop and start again; nothing else is touched. An invalid configuration is
   * refused whole, and the old one goes on. Several calls are taken one after the other.
   *
   * @returns what was added, changed and removed, when the new configuration holds and what follows from it has been begun.
   * @throws CompositionError with everything that is wrong; nothing has changed then. TenureError `TENURE_SHUTTING_DOWN` when the process shuts down
   * before it holds; `TENURE_CHANGE_STUCK` when what must stop for it is stuck: what had stopped starts again as it was.
   */
  reconfigure(config: ConfigSource | ConfigInCode): Promise<ConfigurationChange> {
    const turn = this.#reconfiguring.then(async () => {
      const source = isConfigSource(config) ? config : configInCode(config);
      const next = compose({ ...this.#settings.input, config: source }, this.#supervisor.composition);
      const change = await this.#supervisor.reconfigure(next);
      const names = (nodes: readonly { readonly name: string }[]) => nodes.map((node) => node.name);
      return {
        added: [...names(change.addLeases), ...names(change.add)],
        changed: [...names(change.changeLeases), ...names(change.change)],
        removed: [...change.removeLeases, ...change.remove],
      };
    });
    this.#reconfiguring = turn.catch(() => {});
    return turn;
  }

  /** Everything about it now, as plain data: JSON writes it without a loss. Before `start` it is the composition, all idle. */
  snapshot(): ControllerSnapshot {
    return takeSnapshot(this.#supervisor, this.#settings.identity);
  }

  /** The snapshot as a tree for people, with times, what took longest, and the critical chains. */
  prettyPrint(options?: PrettyPrintOptions): string {
    return prettyPrint(this.snapshot(), options);
  }

  /**
   * What happens from now on, in order, for one reader; each call is another reader. One that does not keep up loses the oldest events and
   * is told how many (`{ type: "gap", missed }`); nothing waits for it. Ends when the controller has stopped, by its signal, and with the loop.
   *
   * @throws TenureError for a capacity that is not a whole number of at least 1.
   */
  events(options: EventStreamOptions = {}): ControllerEventStream {
    return this.#events.open(options);
  }

  /** The last 1,000 events of the kernel, and what it began with: a whole log replays to the same state. For reports of bugs. */
  eventLog(): EventLogData {
    return this.#supervisor.log.data();
  }

  /** Listeners are isolated: one that throws or rejects is a line of the log. @returns a function that removes the listener. */
  on<K extends keyof SupervisorEvents & string>(
    event: K,
    listener: (...args: SupervisorEvents[K]) => unknown,
  ): () => void {
    return this.#supervisor.events.on(event, listener);
  }

  /** As `on`, for the next such event only. */
  once<K extends keyof SupervisorEvents & string>(
    event: K,
    listener: (...args: SupervisorEvents[K]) => unknown,
  ): () => void {
    return this.#supervisor.events.once(event, listener);
  }

  /** One line for each transition. */
  #logEvents(): void {
    const { logger } = this.#settings;
    const { events } = this.#supervisor;
    events.on("component.phase", ({ component, from, to, reason, instance, term }) => {
      const bad = to === "backoff" || to === "failed" || to === "stuck" || to === "degraded";
      const level = bad ? "warn" : to === "running" || to === "idle" ? "info" : "debug";
      if (logger.isLevelEnabled?.(level) === false) return;
      logger[level](
        { component, from, to, instance, term, reason: reason.code },
        `${component}: ${to}: ${reason.text}`,
      );
    });
    for (const name of ["granted", "draining", "ended", "drained"] as const) {
      events.on(`lease.${name}`, ({ lease, term, token, reason }) => {
        logger.info({ lease, term, token }, `lease ${lease}: ${name}: ${reason}`);
      });
    }
    events.on("lease.observed", ({ lease, level, message, fields }) => {
      logger[level]({ lease, ...fields }, `lease ${lease}: ${message}`);
    });
    void this.#stopped.then(
      (code) => logger.info({ exitCode: code }, "everything has stopped"),
      (error) => logger.error({ error: describeError(error) }, "the stop failed"),
    );
  }
}
