import type { Clock, Timer } from "../clock/clock.ts";
import type { Component, ComponentHandle } from "../component/component.ts";
import type { ComponentDefinition } from "../component/define-component.ts";
import type { Composition } from "../composition/compose.ts";
import { describeError } from "../errors/tenure-error.ts";
import { IsolatedEmitter } from "../events/isolated-emitter.ts";
import { buildState } from "../kernel/build-state.ts";
import type { KernelCommand } from "../kernel/command.ts";
import type { KernelEvent } from "../kernel/event.ts";
import { exitCode } from "../kernel/exit-code.ts";
import type { KernelState } from "../kernel/record.ts";
import { step } from "../kernel/step.ts";
import { type Logger, withFields } from "../log/logger.ts";
import { createProcessTerm, processScope, type Term } from "../term/term.ts";
import { Children } from "./children.ts";
import { EventLog } from "./event-log.ts";
import { Injector } from "./injector.ts";
import { Instance, type InstanceObserver } from "./instance.ts";
import { LeaseSession, type LeaseSessionObserver } from "./lease-session.ts";
import type { SupervisorEvents } from "./supervisor-event.ts";

export interface SupervisorOptions {
  readonly composition: Composition;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Under which process-scoped terms are held; for messages. */
  readonly identity: string;
  readonly seed: number;
  /** For how long a lease is left to others after a yield, in ms. */
  readonly yieldPause: number;
  /** Ends the process at once. Does not return in production. */
  readonly exit: (code: number, reason: string) => void;
}

/**
 * The driver of the kernel: performs its commands and feeds back what happens. It decides nothing. Events are handled one
 * after the other, to the end; what happens synchronously while a command is performed waits for its turn.
 */
export class Supervisor implements InstanceObserver, LeaseSessionObserver {
  readonly events: IsolatedEmitter<SupervisorEvents>;
  readonly log = new EventLog();
  readonly state: KernelState;
  readonly #options: SupervisorOptions;
  readonly #processTerm;
  readonly #instances = new Map<string, Instance>();
  readonly #timers = new Map<string, Timer>();
  readonly #sessions = new Map<string, LeaseSession>();
  readonly #terms = new Map<string, number>();
  readonly #injector: Injector;
  readonly #children: Children;
  readonly #queue: KernelEvent[] = [];
  #busy = false;
  #exiting = false;

  constructor(options: SupervisorOptions) {
    const { composition, clock } = options;
    this.#options = options;
    this.events = new IsolatedEmitter(options.logger);
    this.#processTerm = createProcessTerm(options.identity, clock);
    this.#injector = new Injector(composition.providers, (name) => {
      const record = this.state.components.get(name);
      return record?.up ? this.#instances.get(name)?.component : undefined;
    });
    this.#children = new Children(composition);
    this.state = buildState(
      [...composition.components.values()].map((component) => component.node),
      [...composition.leases.values()].map((lease) => lease.node),
      options.seed,
      clock.now(),
    );
  }

  dispatch(event: KernelEvent): void {
    this.#queue.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#handle(next);
    } finally {
      this.#busy = false;
    }
  }

  sessionOf(lease: string): LeaseSession | undefined {
    return this.#sessions.get(lease);
  }

  #handle(event: KernelEvent): void {
    const now = this.#options.clock.now();
    this.log.add(event, now);
    let commands: readonly KernelCommand[];
    try {
      commands = step(this.state, event, now);
    } catch (error) {
      this.#bug(error);
      return;
    }
    try {
      for (const command of commands) this.#perform(command);
    } catch (error) {
      this.#bug(error);
    }
  }

  #perform(command: KernelCommand): void {
    switch (command.type) {
      case "start":
        this.#start(command);
        return;
      case "stop":
        this.#instances.get(command.component)?.stop({ reason: command.reason.text, deadline: command.deadline });
        return;
      case "check-health":
        this.#instances.get(command.component)?.checkHealth();
        return;
      case "set-timer":
        this.#setTimer(command.component, command.at);
        return;
      case "clear-timer":
        this.#timers.get(command.component)?.cancel();
        this.#timers.delete(command.component);
        return;
      case "forget":
        this.#instances.delete(command.component);
        this.#children.forget(command.component);
        return;
      case "transition":
        if (command.from === "stopping" || command.from === "stuck")
          this.#dropEnded(command.component, command.instance);
        this.events.emit("component.phase", command);
        this.events.emit(`component.${command.to}`, command);
        return;
      case "campaign":
        this.#campaign(command.lease);
        return;
      case "withdraw":
        this.#sessions.get(command.lease)?.withdraw(command.reason);
        return;
      case "yield":
        this.#sessions.get(command.lease)?.yield(this.#options.yieldPause, command.reason);
        return;
      case "end-term":
        this.#endTerm(command.lease, command.reason);
        return;
      case "drained":
        this.events.emit("lease.drained", this.#termEvent(command.lease, "nothing of it runs any more"));
        this.#sessions.get(command.lease)?.drained(command.term);
        return;
      case "finished":
        this.#processTerm.end("the process has shut down");
        this.events.emit("stopped", { exitCode: command.exitCode });
        return;
      case "exit":
        this.#exit(command.exitCode, command.reason);
    }
  }

  #start(command: Extract<KernelCommand, { type: "start" }>): void {
    const { component: name, instance: number } = command;
    const definition = this.#definitionOf(name);
    const term = this.#termOf(command.scope);
    if (definition === undefined || term === undefined) {
      this.dispatch({ type: "start-failed", component: name, instance: number, error: "it is not defined any more" });
      return;
    }
    const instance = new Instance({ name, number, term }, this, () =>
      withFields(this.#options.logger, {
        component: name,
        ...(term.lease === processScope ? {} : { term: term.number }),
      }),
    );
    this.#instances.set(name, instance);
    instance.start(() => this.#create(definition, term));
  }

  /** What has done its work is kept, since dependents were given it. */
  #dropEnded(name: string, number: number): void {
    if (this.state.components.get(name)?.up) return;
    if (this.#instances.get(name)?.number === number) this.#instances.delete(name);
  }

  #create(definition: ComponentDefinition, term: Term): Component {
    return definition.create(this.#injector.needs(definition.needs), this.#injector.wants(definition.wants), {
      term,
      clock: this.#options.clock,
    });
  }

  #definitionOf(name: string): ComponentDefinition | undefined {
    return this.#options.composition.components.get(name)?.definition ?? this.#children.definitionOf(name);
  }

  #termOf(scope: string): Term | undefined {
    return scope === processScope ? this.#processTerm.term : this.#sessions.get(scope)?.control?.term;
  }

  #setTimer(component: string, at: number): void {
    this.#timers.get(component)?.cancel();
    const { clock } = this.#options;
    // A timer may fire a little early by the clock that is compared; the event carries the time that was asked for.
    const timer = clock.setTimer(at - clock.now(), () => {
      this.#timers.delete(component);
      this.dispatch({ type: "timer", component, at });
    });
    this.#timers.set(component, timer);
  }

  #campaign(lease: string): void {
    const { composition, clock, logger } = this.#options;
    const composed = composition.leases.get(lease);
    if (composed === undefined) return;
    const needs = this.#injector.needs(composed.definition.needs);
    const elector = composed.definition.create(needs, { clock, logger: withFields(logger, { lease }) });
    const session = new LeaseSession(lease, elector, clock, this.#terms.get(lease) ?? 0, this);
    this.#sessions.set(lease, session);
    session.campaign(composed.stopChain.total);
  }

  #endTerm(lease: string, reason: string): void {
    this.#sessions.get(lease)?.endTerm(reason);
    for (const [name, instance] of this.#instances) {
      if (this.state.components.get(name)?.scope.name === lease) instance.abort(reason);
    }
  }

  #exit(code: number, reason: string): void {
    if (this.#exiting) return;
    this.#exiting = true;
    this.#options.logger.error({ exitCode: code, reason }, "the process ends itself");
    this.#options.exit(code, reason);
  }

  /** A bug of ours: what runs is stopped as far as that goes, the log of events is kept, and the process ends. */
  #bug(error: unknown): void {
    this.#options.logger.error(
      { error: describeError(error), events: this.log.entries() },
      "a bug of the supervisor's",
    );
    for (const session of this.#sessions.values()) session.control?.end("the supervisor has failed");
    for (const instance of this.#instances.values()) instance.abort("the supervisor has failed");
    this.#exit(exitCode.bug, describeError(error));
  }

  #termEvent(lease: string, reason: string) {
    const term = this.#sessions.get(lease)?.control?.term;
    return { lease, term: term?.number ?? 0, token: term?.token ?? 0, reason };
  }

  // What instances report.

  started(instance: Instance, checksHealth: boolean): void {
    this.dispatch({ type: "started", component: instance.name, instance: instance.number, checksHealth });
  }

  startFailed(instance: Instance, error: unknown): void {
    this.dispatch({
      type: "start-failed",
      component: instance.name,
      instance: instance.number,
      error: describeError(error),
    });
  }

  crashed(instance: Instance, error: unknown): void {
    this.dispatch({
      type: "crashed",
      component: instance.name,
      instance: instance.number,
      error: describeError(error),
    });
  }

  done(instance: Instance): void {
    this.dispatch({ type: "done", component: instance.name, instance: instance.number });
  }

  stopped(instance: Instance, error?: unknown): void {
    const { name, number } = instance;
    this.dispatch({
      type: "stopped",
      component: name,
      instance: number,
      ...(error === undefined ? {} : { error: `its stop failed: ${describeError(error)}` }),
    });
  }

  health(instance: Instance, ok: boolean, detail: string | undefined): void {
    this.dispatch({
      type: "health",
      component: instance.name,
      instance: instance.number,
      ok,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  spawn(parent: Instance, definition: ComponentDefinition): ComponentHandle {
    const record = this.state.components.get(parent.name);
    const child = this.#children.add(parent, record, definition, this.state);
    this.dispatch({ type: "spawn", node: child.node });
    return {
      name: child.node.name,
      remove: (reason = "removed by its parent") => {
        this.dispatch({ type: "remove", component: child.node.name, reason });
        return child.gone;
      },
    };
  }

  // What lease sessions report.

  event(event: KernelEvent): void {
    if (event.type === "lease.granted") {
      this.#terms.set(event.lease, event.term);
      this.events.emit("lease.granted", this.#termEvent(event.lease, "acquired"));
    } else if (event.type === "lease.draining") {
      this.events.emit("lease.draining", this.#termEvent(event.lease, event.reason));
    } else if (event.type === "lease.ended") {
      this.events.emit("lease.ended", this.#termEvent(event.lease, event.reason));
    }
    this.dispatch(event);
  }

  observed(lease: string, observation: SupervisorEvents["lease.observed"][0]): void {
    this.events.emit("lease.observed", { ...observation, lease });
  }

  overdue(lease: string, term: number): void {
    const scope = this.state.scopes.get(lease);
    if (scope === undefined || scope.term !== term || scope.live === 0) return;
    this.#exit(exitCode.stuck, `components of lease "${lease}" still run although its term ${term} is over`);
  }
}
