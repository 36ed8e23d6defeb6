import type { Component, ComponentContext, ComponentHandle, Health, StopContext } from "../component/component.ts";
import type { ComponentDefinition } from "../component/define-component.ts";
import { describeValue } from "../composition/option-rules.ts";
import { describeError } from "../errors/tenure-error.ts";
import type { Logger } from "../log/logger.ts";
import { isThenable } from "../promise/is-thenable.ts";
import type { Term } from "../term/term.ts";
import { checkInstance, isHealth } from "./check-instance.ts";
import { type InstanceIdentity, runAs } from "./instance-context.ts";

/** What an instance reports. Each is called at most once, except `health`. */
export interface InstanceObserver {
  started(instance: Instance, checksHealth: boolean): void;
  startFailed(instance: Instance, error: unknown): void;
  crashed(instance: Instance, error: unknown): void;
  done(instance: Instance): void;
  stopped(instance: Instance, error?: unknown): void;
  health(instance: Instance, ok: boolean, detail: string | undefined): void;
  spawn(parent: Instance, definition: ComponentDefinition): ComponentHandle;
  loggerFor(instance: Instance): Logger;
}

/**
 * One life of one component: made, started once, stopped once. Calls into the component are made here and nowhere else, so
 * here stands the proof that `stop` is called once, and never before `start` has settled: `#startSettled` is awaited, as long as
 * there is one, before the only call of it.
 */
export class Instance implements ComponentContext {
  readonly name: string;
  readonly number: number;
  readonly term: Term;
  /** Apart from the instance: a context lives as long as what was made in it, as a socket of a pool that all share. */
  readonly #identity: InstanceIdentity;
  readonly #observer: InstanceObserver;
  #logger: Logger | undefined;
  #component: Component | undefined;
  /** Undefined: no start is pending, and none will be. */
  #startSettled: Promise<void> | undefined;
  #abort: AbortController | undefined;
  #abortReason: string | undefined;
  #checking = false;
  #ended = false;
  #endings: Set<() => void> | undefined;

  constructor(
    identity: { readonly name: string; readonly number: number; readonly term: Term },
    observer: InstanceObserver,
  ) {
    this.name = identity.name;
    this.number = identity.number;
    this.term = identity.term;
    this.#identity = { name: this.name, number: this.number };
    this.#observer = observer;
  }

  /** What dependents receive. */
  get component(): Component | undefined {
    return this.#component;
  }

  get logger(): Logger {
    this.#logger ??= this.#observer.loggerFor(this);
    return this.#logger;
  }

  /** Made when first asked for: many components never do. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(abortError(this.#abortReason));
    }
    return this.#abort.signal;
  }

  /** What of it has not settled although it has been asked to stop; a start counts before the stop that waits for it. */
  get pendingCall(): "start" | "run" | "stop" | undefined {
    if (!this.stopRequested || this.#ended) return undefined;
    if (this.#startSettled === undefined) return "stop";
    return this.#component?.run === undefined ? "start" : "run";
  }

  get stopRequested(): boolean {
    return this.#abortReason !== undefined;
  }

  // Bound when asked for, since a context is taken apart as a rule: `start({ signal, fail })`.

  get fail(): (error: unknown) => void {
    return (error) => {
      if (!this.stopRequested) this.#observer.crashed(this, error);
    };
  }

  get done(): () => void {
    return () => {
      if (!this.stopRequested) this.#observer.done(this);
    };
  }

  get spawn(): (definition: ComponentDefinition) => ComponentHandle {
    return (definition) => this.#observer.spawn(this, definition);
  }

  start(create: () => Component): void {
    runAs(this.#identity, () => this.#start(create));
  }

  /** `end` is called when the instance has ended. @returns what takes that back: it need not be called any more */
  own(end: () => void): () => void {
    if (this.#ended) {
      end();
      return () => {};
    }
    this.#endings ??= new Set();
    const endings = this.#endings.add(end);
    return () => endings.delete(end);
  }

  #start(create: () => Component): void {
    try {
      const component = checkInstance(create());
      this.#component = component;
      if (component.run !== undefined) {
        this.#run(component);
        return;
      }
      const starting = component.start?.(this);
      if (!isThenable(starting)) {
        this.#observer.started(this, component.healthy !== undefined);
        return;
      }
      this.#startSettled = Promise.resolve(starting).then(
        () => {
          this.#startSettled = undefined;
          this.#observer.started(this, component.healthy !== undefined);
        },
        (error) => {
          this.#startSettled = undefined;
          this.#observer.startFailed(this, error);
        },
      );
    } catch (error) {
      this.#observer.startFailed(this, error);
    }
  }

  #run(component: Component): void {
    const life = component.run?.(this);
    this.#observer.started(this, component.healthy !== undefined);
    this.#startSettled = Promise.resolve(life).then(
      () => {
        this.#startSettled = undefined;
        this.done();
      },
      (error) => {
        this.#startSettled = undefined;
        // A loop that its signal has ended commonly rejects with the signal's reason: it was asked to.
        if (!this.stopRequested) this.#observer.crashed(this, error);
      },
    );
  }

  /** Aborts the signal; a second call does nothing. Listeners that throw are the component's failure, not ours. */
  abort(reason: string): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    const abort = this.#abort;
    // Listeners run in the context of who aborts: what they throw is to be charged to the component.
    if (abort !== undefined) runAs(this.#identity, () => abort.abort(abortError(reason)));
  }

  /** Called once. */
  stop(context: StopContext): void {
    this.abort(context.reason);
    if (this.#startSettled === undefined) runAs(this.#identity, () => this.#callStop(context));
    else void this.#startSettled.then(() => runAs(this.#identity, () => this.#callStop(context)));
  }

  #callStop(context: StopContext): void {
    try {
      const stopping = this.#component?.stop?.(context);
      if (!isThenable(stopping)) this.#end();
      else {
        Promise.resolve(stopping).then(
          () => this.#end(),
          (error) => this.#end(error),
        );
      }
    } catch (error) {
      this.#end(error);
    }
  }

  #end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const end of this.#endings ?? []) end();
    this.#endings = undefined;
    this.#observer.stopped(this, error);
  }

  /** A check that still hangs from last time counts as failed, and is not asked again until it has answered. */
  checkHealth(): void {
    if (this.#checking) {
      this.#observer.health(this, false, "its health check hangs");
      return;
    }
    this.#checking = true;
    void runAs(this.#identity, () => this.#askHealth()).then(({ ok, detail }) => {
      this.#checking = false;
      this.#observer.health(this, ok, detail);
    });
  }

  async #askHealth(): Promise<Health> {
    try {
      const health: unknown = await this.#component?.healthy?.();
      if (typeof health === "boolean") return { ok: health };
      if (isHealth(health)) return health;
      // A check that forgets its answer must not pass for ever.
      return { ok: false, detail: `its health check gave ${describeValue(health)}, not true, false or { ok, detail }` };
    } catch (error) {
      return { ok: false, detail: describeError(error) };
    }
  }
}

/** Without a stack: that would only lead into the supervisor, and costs more than all else of a thousand aborts at the end of a term. */
function abortError(reason: string): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new Error(reason);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
