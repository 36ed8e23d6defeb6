import type { Logger } from "../log/logger.ts";
import type { Term } from "../term/term.ts";
import type { ComponentDefinition } from "./define-component.ts";

/** The opinion of a component of itself. `detail` is one sentence for people, shown in the snapshot. */
export interface Health {
  readonly ok: boolean;
  readonly detail?: string;
}

/**
 * The life of one instance: made, started once, stopped once, discarded. A restart and a new term each make a new instance,
 * so no state of an instance outlives its term.
 */
export interface Component {
  /**
   * Resolves when the component does its work. Must honour `context.signal`, which asks this instance to stop. Rejecting, or
   * not settling within `startTimeout`, is a failure: `stop` follows, then the restart policy.
   */
  start?(context: ComponentContext): Promise<void> | void;
  /**
   * A component whose life is one loop has this instead of `start`: it counts as running at once, resolving is `done()`,
   * rejecting is a crash. Must resolve soon after `context.signal` aborts.
   */
  run?(context: ComponentContext): Promise<void>;
  /**
   * Resolves when nothing of the instance runs any more. Called once, however `start` ended, and never before it has
   * settled. Its dependents have stopped by then; its dependencies still run.
   */
  stop?(context: StopContext): Promise<void> | void;
  /** Asked on an interval, with a deadline of its own. Throwing counts as not healthy, and so does any other answer. */
  healthy?(): Promise<Health | boolean> | Health | boolean;
  /** `create` gives an instance and not a promise of one: what takes time belongs to `start`. */
  readonly then?: never;
}

export interface ComponentContext {
  /** The name of the component. */
  readonly name: string;
  /** The right to act. Pass it to everything that writes. */
  readonly term: Term;
  /** Asks this instance to stop: the lease drains, a dependency goes, a restart, shutdown, the start timed out. */
  readonly signal: AbortSignal;
  /** Carries the component's name and the term's number. */
  readonly logger: Logger;
  /** "I have died": the restart policy applies. Only the first call counts, and only while the instance has not been asked to stop. */
  fail(error: unknown): void;
  /**
   * "My work is finished, and that is well." The component stops and stays stopped until its next term (restart `always` starts it again). A
   * child is forgotten then, and its name is free.
   */
  done(): void;
  /**
   * Adds a child at run time (a stack, a tenant): supervised like any other component, in the scope of its parent, stopped before it.
   * The parent must declare `spawns`. Names must be unique: the child is called `<parent>/<name>`. Its `stopTimeout` is what the parent grants, unless
   * it says less; `provides` and `after` are not for children.
   * @throws CompositionError when the definition is wrong, the name is taken, `spawns` is not declared, or the instance has been asked to stop.
   */
  spawn(definition: ComponentDefinition): ComponentHandle;
}

export interface StopContext {
  /** Why, in words. */
  readonly reason: string;
  /** On the clock of the process, in milliseconds: not settled by then means stuck. */
  readonly deadline: number;
}

export interface ComponentHandle {
  readonly name: string;
  /** Stops the child and forgets it. Resolves when it has stopped. A second call returns the same promise. */
  remove(reason?: string): Promise<void>;
}
