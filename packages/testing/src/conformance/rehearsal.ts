import { describeError } from "@tenure/core";
import { ConformanceError, type ConformanceErrorCode } from "./conformance-error.ts";
import type { ConformanceOptions } from "./conformance-options.ts";
import type { ObservedLife } from "./observed-component.ts";
import { type Ending, Stage } from "./stage.ts";
import type { UnhandledErrors } from "./unhandled-errors.ts";
import { within } from "./within.ts";

/** What the scheduling of a busy machine may add to a deadline, in ms. */
const slack = 50;

/** What the cases of one suite have in common. */
export interface RehearsalHistory {
  /** It has started at least once. */
  started: boolean;
  /** Why no case can run, as the first one has reported it. */
  setupError?: ConformanceError;
  /** "leaves no error unhandled" has run: from now on every case reports what comes late. */
  checksUnhandled: boolean;
  readonly ran: Set<string>;
  readonly unhandled: UnhandledErrors;
}

/** One run of a case: the steps that cases are made of. */
export class Rehearsal {
  readonly options: ConformanceOptions;
  readonly stage: Stage;
  readonly #history: RehearsalHistory;

  constructor(options: ConformanceOptions, history: RehearsalHistory) {
    this.options = options;
    this.#history = history;
    this.stage = new Stage(options, history.unhandled);
  }

  /** Begins a life, waits until it runs, and gets it into its work. */
  async start(): Promise<ObservedLife> {
    const life = await this.stage.begin();
    const { startTimeout } = life.definition.policy;
    const started = await within(
      life.start.settled.then(() => true),
      startTimeout + slack,
    );
    if (started === undefined) {
      throw this.error("TENURE_CONFORMANCE_START", `did not start within its startTimeout of ${startTimeout} ms`, {
        remedy: "Resolve `start` when it does its work, or declare a longer `startTimeout`.",
      });
    }
    if (life.start.error !== undefined) {
      if (this.#history.started) {
        throw this.error("TENURE_CONFORMANCE_INSTANCE", `does not start again: ${describeError(life.start.error)}`, {
          remedy: "Keep what an instance knows in the instance, and give back in `stop` what `start` has taken.",
          cause: life.start.error,
        });
      }
      throw this.error("TENURE_CONFORMANCE_START", `failed to start: ${describeError(life.start.error)}`, {
        remedy: "Correct `start`, or give fakes by `provide` with which it can start.",
        cause: life.start.error,
      });
    }
    this.#history.started = true;
    await this.options.work?.(life.instance);
    return life;
  }

  /** Ends a life, and waits until it has ended within its stop timeout. */
  async end(life: ObservedLife, how: Ending = "drain"): Promise<void> {
    this.stage.end(how);
    await this.ended(life);
  }

  /** @param when for the message: what the life was in the middle of. */
  async ended(life: ObservedLife, when = ""): Promise<void> {
    const { stopTimeout } = life.definition.policy;
    const ended = await within(
      life.stop.settled.then(() => true),
      stopTimeout + slack,
    );
    const did = (what: string) => `${what} within its stopTimeout of ${stopTimeout} ms${when}`;
    if (ended === undefined) {
      if (life.start.pending) {
        throw this.error("TENURE_CONFORMANCE_SIGNAL", did("did not settle its start"), {
          remedy: "Pass `context.signal` to whatever `start` awaits, or check it; `stop` waits for `start`.",
        });
      }
      if (life.run.pending) {
        throw this.error("TENURE_CONFORMANCE_SIGNAL", did("did not end its run"), {
          remedy: "End the loop when `context.signal` aborts, and pass the signal to whatever it awaits.",
        });
      }
      throw this.error("TENURE_CONFORMANCE_STOP", did(life.stopCalls === 0 ? "was not stopped" : "did not stop"), {
        remedy: "Resolve `stop` when nothing runs any more; close connections instead of waiting for their other ends.",
      });
    }
    if (life.stop.error !== undefined) {
      throw this.error("TENURE_CONFORMANCE_STOP", `failed to stop${when}: ${describeError(life.stop.error)}`, {
        remedy: "Let `stop` undo what was done, however far `start` came, without throwing.",
        cause: life.stop.error,
      });
    }
  }

  /** @throws ConformanceError for what nobody has handled, in this case or before it. */
  checkUnhandled(): void {
    const found = this.#history.unhandled.take();
    if (found === undefined) return;
    throw this.error("TENURE_CONFORMANCE_UNHANDLED", `left an error unhandled: ${describeError(found.error)}`, {
      remedy: "Await every promise or catch its rejection; call `context.fail(error)` for what ends the instance.",
      cause: found.error,
    });
  }

  error(
    code: ConformanceErrorCode,
    message: string,
    options: { readonly remedy: string; readonly cause?: unknown },
  ): ConformanceError {
    return new ConformanceError(code, this.stage.name, message, options);
  }
}
