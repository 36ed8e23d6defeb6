import { getEventListeners } from "node:events";
import type { Component, ComponentContext, ComponentDefinition, StopContext, Term } from "@tenure/core";
import { failing } from "./failing-needs.ts";
import type { ResourceTracker } from "./resource-tracker.ts";

/** A call into the component, and how it ended. */
export class ObservedCall {
  calledAt: number | undefined;
  settledAt: number | undefined;
  error: unknown;
  readonly #settled = Promise.withResolvers<void>();
  readonly #called = Promise.withResolvers<void>();

  get called(): Promise<void> {
    return this.#called.promise;
  }

  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  get pending(): boolean {
    return this.calledAt !== undefined && this.settledAt === undefined;
  }

  /** Passes on what `call` gives, as it is. */
  observe(call: () => Promise<void> | void): Promise<void> | void {
    this.calledAt = performance.now();
    this.#called.resolve();
    try {
      const result = call();
      if (result === undefined) this.#settle();
      else {
        result.then(
          () => this.#settle(),
          (error) => this.#settle(error),
        );
      }
      return result;
    } catch (error) {
      this.#settle(error);
      throw error;
    }
  }

  #settle(error?: unknown): void {
    this.settledAt = performance.now();
    this.error = error;
    this.#settled.resolve();
  }
}

/** One life of the component under test. */
export class ObservedLife {
  readonly definition: ComponentDefinition;
  readonly instance: Component;
  readonly term: Term;
  readonly start = new ObservedCall();
  readonly run = new ObservedCall();
  readonly stop = new ObservedCall();
  context: ComponentContext | undefined;
  stopCalls = 0;
  /** On the signal of the term, before the instance was made. */
  readonly termListenersBefore: number;
  /** The same, when its stop had settled. */
  termListenersAfter: number | undefined;

  constructor(definition: ComponentDefinition, instance: Component, term: Term, termListenersBefore: number) {
    this.definition = definition;
    this.instance = instance;
    this.term = term;
    this.termListenersBefore = termListenersBefore;
    void this.stop.settled.then(() => {
      this.termListenersAfter = abortListeners(term.signal);
    });
  }
}

export interface LifeObserver {
  readonly tracker: ResourceTracker;
  /** Dependencies throw when they are used. */
  readonly needsFail: boolean;
  created(life: ObservedLife): void;
  createFailed(error: unknown): void;
}

export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

/** The same component, whose every life is told to `observer`. The instance stays the object that `create` made, since others may need it. */
export function observed(definition: ComponentDefinition, observer: LifeObserver): ComponentDefinition {
  return {
    ...definition,
    create(needs, wants, scope) {
      const before = abortListeners(scope.term.signal);
      const given = observer.needsFail
        ? Object.fromEntries(Object.entries(needs).map(([alias, need]) => [alias, failing(need, alias)]))
        : needs;
      let made: Component;
      try {
        made = observer.tracker.run(() => definition.create(given, wants, scope));
      } catch (error) {
        observer.createFailed(error);
        throw error;
      }
      const life = new ObservedLife(definition, made, scope.term, before);
      const instance = intercept(made, life, observer.tracker);
      observer.created(life);
      return instance;
    },
  };
}

/** Of instances that were intercepted: a component that gives the same object twice is found out, not wrapped twice. */
const originals = new WeakMap<Component, Pick<Component, "start" | "run" | "stop">>();

function intercept(made: Component, life: ObservedLife, tracker: ResourceTracker): Component {
  const { start, run, stop } = originals.get(made) ?? made;
  originals.set(made, { ...(start && { start }), ...(run && { run }), ...(stop && { stop }) });
  const own: Component = {
    stop: (context: StopContext) => {
      life.stopCalls++;
      return life.stop.observe(() => tracker.run(() => stop?.call(made, context)));
    },
  };
  if (run === undefined) {
    own.start = (context) => {
      life.context = context;
      return life.start.observe(() => tracker.run(() => start?.call(made, context)));
    };
  } else {
    own.run = (context) => {
      life.context = context;
      life.start.observe(() => {});
      return life.run.observe(() => tracker.run(() => run.call(made, context))) as Promise<void>;
    };
  }
  // A frozen one is a plain object of functions as a rule: a copy does what it does.
  if (!Object.isExtensible(made)) return { ...made, ...own };
  for (const [key, value] of Object.entries(own)) {
    Object.defineProperty(made, key, { value, configurable: true, writable: true, enumerable: false });
  }
  return made;
}
