import type { Clock } from "../clock/clock.ts";
import type { Component, ComponentHandle } from "../component/component.ts";
import type { ComponentDefinition } from "../component/define-component.ts";
import { changesBetween, isNothing } from "../composition/changes.ts";
import type { Composition } from "../composition/compose.ts";
import { describeError } from "../errors/tenure-error.ts";
import { IsolatedEmitter } from "../events/isolated-emitter.ts";
import { buildState } from "../kernel/build-state.ts";
import type { KernelCommand } from "../kernel/command.ts";
import type { KernelEvent } from "../kernel/event.ts";
import { exitCode } from "../kernel/exit-code.ts";
import { isLive } from "../kernel/phase.ts";
import type { ComponentRecord, KernelState, Reconfiguration } from "../kernel/record.ts";
import { step } from "../kernel/step.ts";
import { type Logger, withFields } from "../log/logger.ts";
import { createProcessTerm, processScope, type Term } from "../term/term.ts";
import { Children } from "./children.ts";
import { EventLog } from "./event-log.ts";
import { Injector } from "./injector.ts";
import { Instance } from "./instance.ts";
import { type InstanceIdentity, runAsNobody } from "./instance-context.ts";
import { InstanceReports } from "./instance-reports.ts";
import { LateElector } from "./late-elector.ts";
import type { LeaseSession } from "./lease-session.ts";
import { LeaseSessions } from "./lease-sessions.ts";
import { LiveReferences } from "./live-references.ts";
import { PendingChange } from "./pending-change.ts";
import { type SupervisorEvents, tellPhase } from "./supervisor-event.ts";
import { Timers } from "./timers.ts";

export interface SupervisorOptions {
  /** The first one; `reconfigure` replaces it. */
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
export class Supervisor {
  readonly events: IsolatedEmitter<SupervisorEvents>;
  readonly log: EventLog;
  readonly state: KernelState;
  readonly #options: SupervisorOptions;
  readonly #processTerm;
  readonly #instances = new Map<string, Instance>();
  readonly #reports: InstanceReports;
  readonly #timers: Timers;
  readonly #sessions: LeaseSessions;
  readonly #injector: Injector;
  readonly #children: Children;
  readonly #references: LiveReferences;
  #composition: Composition;
  #next: PendingChange | undefined;
  #queue: KernelEvent[] = [];
  #handling: number | undefined;
  #busy = false;
  #exiting = false;

  constructor(options: SupervisorOptions) {
    const { composition, clock } = options;
    this.#options = options;
    this.#composition = composition;
    this.#reports = new InstanceReports(
      (event) => this.dispatch(event),
      (parent, definition) => this.#spawn(parent, definition),
      options.logger,
    );
    this.#timers = new Timers(clock, (component, timer, at) => this.dispatch({ type: "timer", component, timer, at }));
    this.#references = new LiveReferences((error) =>
      options.logger.error({ error: describeError(error) }, "a listener of a live reference failed"),
    );
    this.events = new IsolatedEmitter(options.logger);
    this.#sessions = new LeaseSessions({
      clock,
      events: this.events,
      dispatch: (event) => this.dispatch(event),
      overdue: (lease, term) => this.#overdue(lease, term),
    });
    this.#processTerm = createProcessTerm(options.identity, clock);
    this.#injector = new Injector(
      () => this.#composition.providers,
      (name) => this.#instances.get(name)?.component,
      (name) => (this.state.components.get(name)?.up ? this.#instances.get(name)?.component : undefined),
      this.#references,
    );
    this.#children = new Children(() => this.#composition);
    const origin = {
      components: [...composition.components.values()].map((component) => component.node),
      leases: [...composition.leases.values()].map((lease) => lease.node),
      seed: options.seed,
      at: clock.now(),
    };
    this.log = new EventLog(origin);
    this.state = buildState(origin.components, origin.leases, origin.seed, origin.at);
  }

  dispatch(event: KernelEvent): void {
    this.#queue.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      // Often a component's own call has led here: what the supervisor, electors and listeners do now is not of that component.
      runAsNobody(() => this.#drainQueue());
    } finally {
      this.#busy = false;
      this.#handling = undefined;
    }
  }

  #drainQueue(): void {
    const { clock } = this.#options;
    for (let index = 0; index < this.#queue.length; index++) {
      const now = clock.recent?.() ?? clock.now();
      this.#handling = now;
      this.#handle(this.#queue[index]!, now);
    }
    this.#queue = [];
    this.#timers.flush();
    this.#references.flush();
    // A listener may have caused more.
    if (this.#queue.length > 0) this.#drainQueue();
  }

  get composition(): Composition {
    return this.#composition;
  }

  /** The time that is now for the kernel: while it handles an event the event's, so that what follows from one bears one time. */
  get now(): number {
    return this.#handling ?? this.#options.clock.now();
  }

  /**
   * Replaces the composition: what has changed stops with its dependents, and starts anew. Not while another change is under way.
   *
   * @returns when the new one holds: what follows from it has been begun. Rejects when the process shuts down, or a stop hangs, before that.
   */
  reconfigure(composition: Composition): Promise<Reconfiguration> {
    const change = changesBetween(this.#composition, composition);
    if (isNothing(change)) {
      this.#adopt(composition);
      return Promise.resolve(change);
    }
    const next = new PendingChange(composition);
    this.#next = next;
    // Work that was done is to be done anew: who wants it loses it now, though its phase may stay what it is for a while.
    for (const { name } of change.change) this.#references.touch(name);
    for (const name of change.remove) this.#references.touch(name);
    this.dispatch({ type: "reconfigure", change });
    if (this.state.shutdown !== undefined) this.#refuseNext();
    return next.settled.then(() => change);
  }

  #adopt(composition: Composition): void {
    const before = this.#composition;
    this.#composition = composition;
    this.#references.rebind();
    for (const [name, { stopChain }] of composition.leases) {
      if (stopChain.total !== before.leases.get(name)?.stopChain.total) {
        this.#sessions.of(name)?.setStopBudget(stopChain.total);
      }
    }
  }

  #refuseNext(): void {
    this.#next?.refuseInShutdown();
    this.#next = undefined;
  }

  sessionOf(lease: string): LeaseSession | undefined {
    return this.#sessions.of(lease);
  }

  #handle(event: KernelEvent, now: number): void {
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
        this.#timers.set(command.component, command.timer, command.at);
        return;
      case "clear-timer":
        this.#timers.clear(command.component, command.timer);
        return;
      case "forget":
        this.#instances.delete(command.component);
        this.#children.forget(command.component);
        return;
      case "transition":
        if (isLive(command.from) && !isLive(command.to)) this.#dropEnded(command.component, command.instance);
        this.#references.touch(command.component);
        tellPhase(this.events, command);
        return;
      case "campaign":
        this.#campaign(command.lease);
        return;
      case "withdraw":
        this.#sessions.of(command.lease)?.withdraw(command.reason);
        return;
      case "yield":
        this.#yield(command);
        return;
      case "reconfigured":
        if (this.#next !== undefined) this.#adopt(this.#next.composition);
        this.#next?.holds();
        this.#next = undefined;
        return;
      case "reconfiguration-dropped":
        this.#next?.dropFor(command.stuck.map((name) => this.#howItHangs(name)));
        this.#next = undefined;
        return;
      case "discard":
        this.#instances.delete(command.component);
        this.#references.touch(command.component);
        return;
      case "end-term":
        this.#endTerm(command.lease, command.reason);
        return;
      case "drained":
        this.#sessions.drained(command.lease, command.term);
        return;
      case "finished":
        this.#processTerm.end("the process has shut down");
        this.#timers.cancelAll();
        this.#refuseNext();
        this.events.emit("stopped", { exitCode: command.exitCode });
        return;
      case "exit":
        this.#exit(command.exitCode, `${command.reason}${this.#whatHangs()}`);
    }
  }

  #start(command: Extract<KernelCommand, { type: "start" }>): void {
    const { component: name, instance: number } = command;
    const definition = this.definitionOf(name);
    const term = this.#termOf(command.scope);
    if (definition === undefined || term === undefined) {
      this.dispatch({ type: "start-failed", component: name, instance: number, error: "it is not defined any more" });
      return;
    }
    const instance = new Instance({ name, number, term }, this.#reports);
    this.#instances.set(name, instance);
    instance.start(() => this.#create(definition, instance));
  }

  #yield({ lease, term, component, reason }: Extract<KernelCommand, { type: "yield" }>): void {
    const pause = this.#options.yieldPause;
    const kept = this.#sessions.of(lease)?.yield({ pause, reason, because: "incapable" });
    if (kept !== undefined) this.dispatch({ type: "yield-refused", component, term, reason: kept });
  }

  /** What has done its work is kept, since dependents were given it. */
  #dropEnded(name: string, number: number): void {
    if (this.state.components.get(name)?.up) return;
    if (this.#instances.get(name)?.number === number) this.#instances.delete(name);
  }

  #create(definition: ComponentDefinition, instance: Instance): Component {
    const wants = this.#injector.wants(definition.wants, (end) => instance.own(end));
    return definition.create(this.#injector.needs(definition.needs), wants, {
      term: instance.term,
      clock: this.#options.clock,
    });
  }

  /** Of a component or a spawned child, as it is defined now. */
  definitionOf(name: string): ComponentDefinition | undefined {
    return this.#composition.components.get(name)?.definition ?? this.#children.definitionOf(name);
  }

  #termOf(scope: string): Term | undefined {
    return scope === processScope ? this.#processTerm.term : this.#sessions.of(scope)?.control?.term;
  }

  #campaign(lease: string): void {
    const { clock, logger } = this.#options;
    const composed = this.#composition.leases.get(lease);
    if (composed === undefined) return;
    const { definition, stopChain } = composed;
    const host = { clock, logger: withFields(logger, { lease }) };
    const create = () => definition.create(this.#injector.needs(definition.needs), host);
    this.#sessions.campaign(lease, new LateElector(create, definition.timing, clock), stopChain.total);
  }

  #endTerm(lease: string, reason: string): void {
    const abort = (records: Iterable<ComponentRecord>) => {
      for (const record of records) {
        this.#instances.get(record.name)?.abort(reason);
        if (record.children !== undefined) abort(record.children);
      }
    };
    this.#sessions.endTerm(lease, reason, () => abort(this.state.scopes.get(lease)?.members ?? []));
  }

  /** Of an instance that was asked to stop: the call that it has not come back from. */
  pendingCallOf(component: string): Instance["pendingCall"] {
    return this.#instances.get(component)?.pendingCall;
  }

  #whatHangs(): string {
    const hanging = [...this.#instances.keys()].filter((name) => this.state.components.get(name)?.phase === "stuck");
    return hanging.length === 0 ? "" : `: ${hanging.map((name) => this.#howItHangs(name)).join(", ")}`;
  }

  #howItHangs(name: string): string {
    return `the ${this.pendingCallOf(name) ?? "stop"} of "${name}" has not settled`;
  }

  #exit(code: number, reason: string): void {
    if (this.#exiting) return;
    this.#exiting = true;
    try {
      this.#options.logger.error({ exitCode: code, reason }, "the process ends itself");
    } finally {
      // Whatever the logger does: others lead from soon on.
      this.#options.exit(code, reason);
    }
  }

  /** A bug of ours: what runs is stopped as far as that goes, the log of events is kept, and the process ends. */
  #bug(error: unknown): void {
    this.#sessions.endAll("the supervisor has failed");
    for (const instance of this.#instances.values()) instance.abort("the supervisor has failed");
    const text = describeError(error);
    try {
      this.#options.logger.error({ error: text, events: this.log.data().events }, "a bug of the supervisor's");
    } finally {
      this.#exit(exitCode.bug, text);
    }
  }

  /**
   * An error that nobody handled is the failure of the component whose code it came from. One that has ended is only named.
   *
   * @returns whether it is of a component
   */
  unhandled(error: unknown, from: InstanceIdentity | undefined): boolean {
    if (from === undefined) return false;
    const instance = this.#instances.get(from.name);
    const { logger } = this.#options;
    logger.error(
      { component: from.name, error: describeError(error) },
      `${from.name}: an error that it did not handle`,
    );
    if (instance?.number === from.number) instance.fail(error);
    return true;
  }

  #spawn(parent: Instance, definition: ComponentDefinition): ComponentHandle {
    const record = this.state.components.get(parent.name);
    const child = this.#children.add(parent, record, definition, this.state);
    this.dispatch({ type: "spawn", node: child.node });
    return {
      name: child.node.name,
      remove: (reason = "removed by its parent") => {
        if (this.#children.isThere(child)) this.dispatch({ type: "remove", component: child.node.name, reason });
        return child.gone;
      },
    };
  }

  #overdue(lease: string, term: number): void {
    const scope = this.state.scopes.get(lease);
    if (scope === undefined || scope.term !== term || scope.live === 0) return;
    const still = [...scope.members].filter((record) => isLive(record.phase)).map((record) => `"${record.name}"`);
    this.#exit(
      exitCode.stuck,
      `${still.join(", ")} of lease "${lease}" still ${still.length === 1 ? "runs" : "run"} although its term ${term} is over${this.#whatHangs()}`,
    );
  }
}
