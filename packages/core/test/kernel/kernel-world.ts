import { resolvePolicy } from "../../src/component/options.ts";
import { buildState } from "../../src/kernel/build-state.ts";
import type { KernelCommand } from "../../src/kernel/command.ts";
import type { KernelEvent } from "../../src/kernel/event.ts";
import type { ComponentNode, KernelState, LeaseNode } from "../../src/kernel/record.ts";
import { step } from "../../src/kernel/step.ts";
import { checkCounters } from "./kernel-counters.ts";

export interface WorldGraph {
  readonly components: readonly {
    readonly name: string;
    readonly scope: string;
    readonly needs: readonly string[];
    readonly after: readonly string[];
    readonly restart: "never" | "on-failure" | "always";
  }[];
  readonly leases: readonly LeaseNode[];
}

type Elector = "off" | "standby" | "held" | "draining" | "lost";

interface Life {
  readonly instance: number;
  started: boolean;
  stopRequested: boolean;
}

/** A choice that the environment has now. `fault`: it need not happen for things to go on. */
export interface Choice {
  readonly name: string;
  readonly fault: boolean;
  readonly event: KernelEvent;
  /** Of a timer: the time to which the clock moves. */
  readonly at?: number;
}

/**
 * The real kernel in an environment that does all that a real one may: electors that keep their contract, instances that start, fail,
 * crash, finish, stop or hang, timers in any order. Checks the invariants after every step.
 */
export class KernelWorld {
  readonly state: KernelState;
  readonly log: string[] = [];
  now = 0;
  finished: "no" | "finished" | "exit" = "no";
  readonly #electors = new Map<
    string,
    { state: Elector; term: number; leaving: boolean; yieldWanted: boolean; drained: number }
  >();
  readonly #lives = new Map<string, Life>();
  readonly #timers = new Map<string, number>();
  readonly #instances = new Map<string, number>();

  constructor(graph: WorldGraph) {
    const nodes: ComponentNode[] = graph.components.map(({ name, scope, needs, after, restart }) => ({
      name,
      scope,
      needs,
      after,
      policy: resolvePolicy({ restart: { mode: restart }, stopTimeout: 1_000 }, scope),
    }));
    this.state = buildState(nodes, graph.leases, 1, 0);
    for (const lease of graph.leases) {
      this.#electors.set(lease.name, { state: "off", term: 0, leaving: false, yieldWanted: false, drained: 0 });
    }
    this.apply({ name: "boot", fault: false, event: { type: "boot" } });
  }

  get live(): number {
    return this.#lives.size;
  }

  choices(): readonly Choice[] {
    const choices: Choice[] = [];
    const add = (name: string, fault: boolean, event: KernelEvent, at?: number) =>
      void choices.push({ name, fault, event, ...(at === undefined ? {} : { at }) });
    for (const [lease, elector] of this.#electors) this.#leaseChoices(lease, elector, add);
    for (const [component, life] of this.#lives) {
      const { instance } = life;
      if (life.stopRequested) {
        add(`stopped ${component}`, false, { type: "stopped", component, instance });
        continue;
      }
      if (!life.started) {
        add(`started ${component}`, false, { type: "started", component, instance, checksHealth: false });
        add(`start-failed ${component}`, true, { type: "start-failed", component, instance, error: "no" });
      }
      add(`crashed ${component}`, true, { type: "crashed", component, instance, error: "boom" });
      add(`done ${component}`, true, { type: "done", component, instance });
    }
    for (const [component, at] of this.#timers) {
      // A start or stop that takes too long is a fault; a back-off that is over is not.
      const fault = this.state.components.get(component)?.phase !== "backoff";
      add(`timer ${component}`, fault, { type: "timer", component, timer: "phase", at }, at);
    }
    if (this.state.shutdown === undefined) add("shutdown", true, { type: "shutdown", reason: "asked", exitCode: 0 });
    return choices;
  }

  #leaseChoices(
    lease: string,
    elector: {
      readonly state: Elector;
      readonly term: number;
      readonly leaving: boolean;
      readonly yieldWanted: boolean;
    },
    add: (name: string, fault: boolean, event: KernelEvent) => void,
  ): void {
    const { state, term, leaving } = elector;
    if (state === "standby") {
      if (leaving) add(`withdrawn ${lease}`, false, { type: "lease.withdrawn", lease });
      else add(`granted ${lease}`, false, { type: "lease.granted", lease, term: term + 1 });
    } else if (state === "held") {
      add(`draining ${lease}`, !leaving, { type: "lease.draining", lease, term, reason: "late" });
      add(`lost ${lease}`, true, { type: "lease.ended", lease, term, reason: "another holder" });
    } else if (state === "draining") {
      const drained = this.#electors.get(lease)?.drained === term;
      // Released once drained; before that the term can still run out.
      add(`ended ${lease}`, !drained, { type: "lease.ended", lease, term, reason: drained ? "released" : "ran out" });
    }
  }

  apply(choice: Choice): void {
    this.log.push(choice.name);
    if (choice.at !== undefined) this.now = Math.max(this.now, choice.at);
    this.#happened(choice.event);
    const commands = step(this.state, choice.event, this.now);
    for (const command of commands) this.#perform(command);
    checkCounters(this.state);
    this.#checkDependencies();
  }

  #happened(event: KernelEvent): void {
    switch (event.type) {
      case "timer":
        this.#timers.delete(event.component);
        return;
      case "started": {
        const life = this.#lives.get(event.component);
        if (life !== undefined) life.started = true;
        return;
      }
      case "start-failed": {
        // Settled: it is not reported again, and the stop follows.
        const life = this.#lives.get(event.component);
        if (life !== undefined) life.started = true;
        return;
      }
      case "stopped":
        this.#lives.delete(event.component);
        return;
      case "lease.granted":
        this.#set(event.lease, { state: "held", term: event.term });
        return;
      case "lease.draining":
        this.#set(event.lease, { state: "draining" });
        return;
      case "lease.ended": {
        const elector = this.#electors.get(event.lease);
        this.#set(event.lease, { state: elector?.drained === event.term ? "standby" : "lost" });
        return;
      }
      case "lease.withdrawn":
        this.#set(event.lease, { state: "off", leaving: false });
    }
  }

  #set(lease: string, change: Partial<{ state: Elector; term: number; leaving: boolean; drained: number }>): void {
    const elector = this.#electors.get(lease);
    if (elector !== undefined) Object.assign(elector, change);
  }

  #perform(command: KernelCommand): void {
    switch (command.type) {
      case "start":
        this.#start(command);
        return;
      case "stop":
        this.#stop(command);
        return;
      case "set-timer":
        this.#timers.set(command.component, command.at);
        return;
      case "clear-timer":
        this.#timers.delete(command.component);
        return;
      case "campaign":
        assert(this.#electors.get(command.lease)?.state === "off", `campaign for ${command.lease} while campaigning`);
        this.#set(command.lease, { state: "standby" });
        return;
      case "withdraw":
        this.#set(command.lease, { leaving: true });
        return;
      case "drained":
        this.#drained(command.lease, command.term);
        return;
      case "finished":
        assert(this.live === 0, "finished while something lives");
        this.finished = "finished";
        return;
      case "exit":
        this.#checkExit();
        this.finished = "exit";
    }
  }

  #start(command: Extract<KernelCommand, { type: "start" }>): void {
    const { component, instance, scope } = command;
    assert(!this.#lives.has(component), `two instances of ${component}`);
    assert(instance === (this.#instances.get(component) ?? 0) + 1, `${component} was started twice`);
    const elector = this.#electors.get(scope);
    assert(
      elector === undefined || elector.state === "held",
      `${component} starts while its lease is ${elector?.state}`,
    );
    assert(elector === undefined || elector.term === command.term, `${component} starts in another term`);
    for (const need of this.state.components.get(component)?.needs ?? [])
      assert(need.up, `${component} starts without ${need.name}`);
    this.#instances.set(component, instance);
    this.#lives.set(component, { instance, started: false, stopRequested: false });
  }

  #stop(command: Extract<KernelCommand, { type: "stop" }>): void {
    const { component } = command;
    const life = this.#lives.get(component);
    assert(life !== undefined && life.instance === command.instance, `${component} is stopped and does not live`);
    assert(life?.stopRequested === false, `${component} is stopped twice`);
    if (life !== undefined) life.stopRequested = true;
    const record = this.state.components.get(component);
    if (record?.outcome?.kind === "done") return;
    for (const dependent of record?.neededBy ?? []) {
      const alive = this.#lives.has(dependent.name) && dependent.phase !== "stuck";
      assert(!alive, `${component} is stopped before ${dependent.name}`);
    }
    for (const lease of record?.neededByLeases ?? []) {
      assert(
        this.#electors.get(lease.name)?.state === "off",
        `${component} is stopped before lease ${lease.name} is given up`,
      );
    }
  }

  /** The process ends itself only when nothing but stuck instances is left in a scope that is not held. */
  #checkExit(): void {
    const justified = [...this.state.scopes.values()].some(
      (scope) => scope.state !== "held" && scope.live > 0 && scope.live === scope.stuck,
    );
    assert(justified, "the process ends itself while something can still stop");
  }

  #drained(lease: string, term: number): void {
    const elector = this.#electors.get(lease);
    if (elector === undefined) return;
    assert(elector.drained < term, `term ${term} of ${lease} is drained twice`);
    for (const [component] of this.#lives) {
      assert(
        this.state.components.get(component)?.scope.name !== lease,
        `${lease} is drained while ${component} lives`,
      );
    }
    elector.drained = term;
    if (elector.state === "lost") elector.state = "standby";
  }

  /** Of the components that run, whatever they need runs or has done its work. */
  #checkDependencies(): void {
    for (const record of this.state.components.values()) {
      if (record.phase !== "starting" && record.phase !== "running") continue;
      for (const need of record.needs) assert(need.up, `${record.name} is ${record.phase} without ${need.name}`);
    }
  }
}

function assert(condition: boolean | undefined, message: string): void {
  if (!condition) throw new Error(`invariant: ${message}`);
}
