import type { Clock, Term } from "@tenure/core";
import { describeError, TermEndedError } from "@tenure/core";
import { type KubernetesClient, KubernetesError } from "@tenure/kubernetes";
import type { PassContext } from "./pass-context.ts";
import { StackParent } from "./stack-parent.ts";
import { runPass, runRemoval } from "./stack-pass.ts";
import type { StackFailure, StackSource, StackStatus } from "./stack-source.ts";

export interface StackReconcilerOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  /** Where the parents of stacks are. */
  readonly parentNamespace: string;
  /** Everything is applied again after this many ms, whatever is believed of it. */
  readonly resyncInterval: number;
  /** Called after every change of `status`. */
  readonly changed: (status: StackStatus) => void;
}

/** The n-th try after a transient failure waits first × 2^(n−1) ms, at most longest. */
const firstRetry = 250;
const longestRetry = 30_000;

/**
 * Keeps one stack as its source says, for one term: whenever the source changes, after transient failures with a back-off that never gives
 * up, and periodically. Level, not edge: every pass compares everything. Needs no supervisor.
 */
export class StackReconciler {
  readonly #options: StackReconcilerOptions;
  #source: StackSource;
  #removing = false;
  #changed = true;
  #wake: () => void = () => {};
  #status: StackStatus;

  constructor(source: StackSource, options: StackReconcilerOptions) {
    this.#source = source;
    this.#options = options;
    this.#status = {
      name: source.name,
      phase: "applying",
      hash: source.hash,
      objects: { total: source.objects.length, applied: 0 },
      pruned: 0,
      pruneHeld: undefined,
      lastApplied: undefined,
      failures: [],
    };
  }

  get status(): StackStatus {
    return this.#status;
  }

  /** Another source for the same stack. The same one again changes nothing. */
  update(source: StackSource): void {
    const same = source.hash === this.#source.hash && source.incomplete === this.#source.incomplete;
    this.#source = source;
    if (same && !this.#removing) return;
    this.#removing = false;
    this.#touch();
  }

  /** From now on: nothing of the stack is to be there. `run` ends when that is so. */
  remove(): void {
    this.#removing = true;
    this.#touch();
  }

  #touch(): void {
    this.#changed = true;
    this.#wake();
  }

  /** Resolves when the stack is removed, when the term ends, or when the signal aborts. Failures are in the status; they end nothing. */
  async run(term: Term, signal: AbortSignal): Promise<void> {
    const { client, clock, parentNamespace } = this.#options;
    const name = this.#source.name;
    const parent = new StackParent(client, term, name, parentNamespace);
    const context: PassContext = { client, term, clock, signal, parent, fieldManager: fieldManagerOf(name) };
    // Whoever uses this without a supervisor may end the term alone.
    const termEnded = () => this.#touch();
    term.signal.addEventListener("abort", termEnded, { once: true });
    try {
      await this.#keep(context);
    } finally {
      term.signal.removeEventListener("abort", termEnded);
    }
  }

  async #keep(context: PassContext): Promise<void> {
    const { term, signal } = context;
    let failedPasses = 0;
    while (!signal.aborted && !term.signal.aborted) {
      this.#changed = false;
      const outcome = await this.#pass(context);
      if (outcome === "ended" || outcome === "gone") return;
      failedPasses = outcome === "retry" ? failedPasses + 1 : 0;
      const delay =
        outcome === "retry"
          ? Math.min(firstRetry * 2 ** (failedPasses - 1), longestRetry)
          : this.#options.resyncInterval;
      await this.#sleep(delay, signal);
    }
  }

  async #pass(context: PassContext): Promise<"gone" | "ended" | "retry" | "settled"> {
    const removing = this.#removing;
    const source = this.#source;
    this.#show({ phase: removing ? "removing" : "applying", hash: source.hash });
    try {
      const result = removing ? await runRemoval(context) : await runPass(source, context);
      const failing = result.failures.length > 0 || result.pruneHeld !== undefined;
      this.#show({
        phase: removing ? "removing" : failing ? "failing" : "ready",
        objects: { total: source.objects.length, applied: result.applied },
        pruned: this.#status.pruned + result.pruned,
        pruneHeld: result.pruneHeld,
        failures: result.failures,
        ...(failing ? {} : { lastApplied: new Date().toISOString() }),
      });
      if ("gone" in result && result.gone) return this.#removing ? "gone" : "retry";
      const again =
        removing || result.left > 0 || result.failures.some((failure) => failure.transient) || listingFailed(result);
      return again ? "retry" : "settled";
    } catch (error) {
      if (error instanceof TermEndedError || context.signal.aborted) return "ended";
      this.#show({ phase: removing ? "removing" : "failing", failures: [failureOfPass(source.name, error)] });
      return "retry";
    }
  }

  #show(change: Partial<StackStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#options.changed(this.#status);
  }

  #sleep(delay: number, signal: AbortSignal): Promise<void> {
    if (this.#changed || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        this.#wake = () => {};
        resolve();
      };
      const timer = this.#options.clock.setTimer(delay, end);
      this.#wake = end;
      signal.addEventListener("abort", end);
    });
  }
}

/** One for each stack, so that the API server itself refuses a second stack that claims an object. At most 128 characters. */
export function fieldManagerOf(stack: string): string {
  return `tenure-stack-${stack}`.slice(0, 128);
}

function listingFailed(result: {
  readonly pruneHeld: string | undefined;
  readonly failures: readonly StackFailure[];
}): boolean {
  return result.pruneHeld?.includes("could not be listed") ?? false;
}

/** The parent could not be read or written. */
function failureOfPass(stack: string, error: unknown): StackFailure {
  const known = error instanceof KubernetesError ? error : undefined;
  return {
    object: `stack ${stack}`,
    origin: undefined,
    code: known?.code ?? "STACK_UNEXPECTED",
    message: known?.message ?? describeError(error),
    remedy: known?.remedy ?? "See the message.",
    transient: true,
  };
}
