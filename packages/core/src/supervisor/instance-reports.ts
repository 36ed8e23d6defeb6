import type { ComponentHandle } from "../component/component.ts";
import type { ComponentDefinition } from "../component/define-component.ts";
import { describeError } from "../errors/tenure-error.ts";
import type { KernelEvent } from "../kernel/event.ts";
import { type Logger, withFields } from "../log/logger.ts";
import { processScope } from "../term/term.ts";
import type { Instance, InstanceObserver } from "./instance.ts";

/** Turns what instances report into events of the kernel. Errors become text here: an event is plain data. */
export class InstanceReports implements InstanceObserver {
  readonly #dispatch: (event: KernelEvent) => void;
  readonly #spawn: (parent: Instance, definition: ComponentDefinition) => ComponentHandle;
  readonly #logger: Logger;

  constructor(
    dispatch: (event: KernelEvent) => void,
    spawn: (parent: Instance, definition: ComponentDefinition) => ComponentHandle,
    logger: Logger,
  ) {
    this.#dispatch = dispatch;
    this.#spawn = spawn;
    this.#logger = logger;
  }

  started({ name, number }: Instance, checksHealth: boolean): void {
    this.#dispatch({ type: "started", component: name, instance: number, checksHealth });
  }

  startFailed({ name, number }: Instance, error: unknown): void {
    this.#dispatch({ type: "start-failed", component: name, instance: number, error: describeError(error) });
  }

  crashed({ name, number }: Instance, error: unknown): void {
    this.#dispatch({ type: "crashed", component: name, instance: number, error: describeError(error) });
  }

  done({ name, number }: Instance): void {
    this.#dispatch({ type: "done", component: name, instance: number });
  }

  stopped({ name, number }: Instance, error?: unknown): void {
    this.#dispatch({
      type: "stopped",
      component: name,
      instance: number,
      ...(error === undefined ? {} : { error: `its stop failed: ${describeError(error)}` }),
    });
  }

  health({ name, number }: Instance, ok: boolean, detail: string | undefined): void {
    this.#dispatch({
      type: "health",
      component: name,
      instance: number,
      ok,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  loggerFor({ name, term }: Instance): Logger {
    return withFields(this.#logger, {
      component: name,
      ...(term.lease === processScope ? {} : { term: term.number }),
    });
  }

  spawn(parent: Instance, definition: ComponentDefinition): ComponentHandle {
    return this.#spawn(parent, definition);
  }
}
