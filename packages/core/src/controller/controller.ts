import type { Clock } from "../clock/clock.ts";
import type { Composition } from "../composition/compose.ts";
import { describeError } from "../errors/tenure-error.ts";
import { exitCode } from "../kernel/exit-code.ts";
import type { Logger } from "../log/logger.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import type { SupervisorEvents } from "../supervisor/supervisor-event.ts";
import { type ControllerSnapshot, takeSnapshot } from "./snapshot.ts";

export interface ControllerSettings {
  readonly identity: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly seed: number;
  readonly yieldPause: number;
  readonly exit: (code: number, reason: string) => void;
}

/** Ctrl-C reaches a process from the terminal and again from a package runner that passes it on: within this many ms it is one. */
const sameSignal = 500;

/** A composition that runs. Made by `createController`. */
export class Controller {
  readonly #composition: Composition;
  readonly #settings: ControllerSettings;
  readonly #supervisor: Supervisor;
  readonly #stopped: Promise<number>;
  #begun = false;

  constructor(composition: Composition, settings: ControllerSettings) {
    this.#composition = composition;
    this.#settings = settings;
    this.#supervisor = new Supervisor({ ...settings, composition });
    this.#stopped = new Promise((resolve) => {
      this.#supervisor.events.on("stopped", (event) => resolve(event.exitCode));
    });
    this.#logEvents();
  }

  get identity(): string {
    return this.#settings.identity;
  }

  /** Begins to supervise, and returns: process-scoped components start, leases are campaigned for. A second call does nothing. */
  start(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#supervisor.dispatch({ type: "boot" });
  }

  /**
   * `start`, then until SIGTERM, SIGINT, `stop` or a failure that ends the process: stops in reverse order, then releases the
   * lease. A second signal ends the process at once. Sets `process.exitCode`.
   *
   * @returns the exit code, when everything has stopped.
   */
  async run(): Promise<number> {
    let first: number | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
      const now = this.#settings.clock.now();
      first ??= now;
      if (this.#supervisor.state.shutdown !== undefined) {
        if (now - first < sameSignal) return;
        this.#settings.exit(exitCode.forced, `a second signal (${signal})`);
        return;
      }
      void this.stop(`received ${signal}`);
    };
    // A controller whose components hold no handle is still to run until it is told to stop.
    const keepAlive = setInterval(() => {}, 2 ** 30);
    process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
    try {
      this.start();
      const code = await this.#stopped;
      process.exitCode = code;
      return code;
    } finally {
      clearInterval(keepAlive);
      process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
    }
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

  /** Gives the lease up, so that another candidate leads; this one campaigns again after `pause` ms. Not held: only the pause. */
  yieldLease(lease: string, options: { readonly pause?: number; readonly reason?: string } = {}): void {
    const session = this.#supervisor.sessionOf(lease);
    session?.yield(options.pause ?? this.#settings.yieldPause, options.reason ?? "asked to yield");
  }

  snapshot(): ControllerSnapshot {
    return takeSnapshot(this.#supervisor, this.#composition, this.#settings.identity, this.#settings.clock);
  }

  /** @returns a function that removes the listener. */
  on<K extends keyof SupervisorEvents & string>(
    event: K,
    listener: (...args: SupervisorEvents[K]) => unknown,
  ): () => void {
    return this.#supervisor.events.on(event, listener);
  }

  /** One line for each transition. */
  #logEvents(): void {
    const { logger } = this.#settings;
    const { events } = this.#supervisor;
    events.on("component.phase", ({ component, from, to, reason, instance, term }) => {
      const bad = to === "backoff" || to === "failed" || to === "stuck" || to === "degraded";
      const level = bad ? "warn" : to === "running" || to === "idle" ? "info" : "debug";
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
