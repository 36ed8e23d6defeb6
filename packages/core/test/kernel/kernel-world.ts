import type { KernelCommand, TimerKind } from "../../src/kernel/command.ts";
import type { KernelEvent } from "../../src/kernel/event.ts";
import type { ComponentRecord, KernelState, Reconfiguration } from "../../src/kernel/record.ts";
import { checkState } from "./kernel-invariants.ts";
import { type KernelUnderTest, kernel } from "./kernel-under-test.ts";
import { changesInPlace, possibleChanges } from "./possible-changes.ts";
import { addLeaseChoices, addLifeChoices } from "./world-choices.ts";
import { type Elector, happenedToElector } from "./world-elector.ts";
import { nodeOf, type WorldGraph } from "./world-graph.ts";
import { happenedToLife, type Life, newLife } from "./world-life.ts";

/** What can happen now. `fault`: it need not happen for things to go on. */
export interface Choice {
  readonly event: KernelEvent;
  readonly fault: boolean;
}

/** `still`: the clock stands, and timers fire in any order, as if every duration were unknown. */
export interface WorldOptions {
  readonly still?: boolean;
  /** Default: the real one. */
  readonly kernel?: KernelUnderTest;
  /** Components and leases may be made anew by a change of the graph that leaves it what it is. Default: false. */
  readonly changesInPlace?: boolean;
  /** Types of events that this environment does not know. Default: none. */
  readonly without?: readonly KernelEvent["type"][];
}

/**
 * The real kernel in an environment that does all that a real one may: electors that keep their contract, instances that start, fail,
 * crash, finish, stop or hang, timers in any order, a shutdown. Checks the invariants at every command and after every step.
 */
export class KernelWorld {
  readonly state: KernelState;
  readonly lives: Life[];
  readonly electors: readonly Elector[];
  now = 0;
  /** Of the last step. */
  lastCommands: readonly KernelCommand[] = [];
  ended: "no" | "finished" | "exit" = "no";
  readonly #kernel: KernelUnderTest;
  readonly #still: boolean;
  readonly #changesInPlace: boolean;
  readonly #without: ReadonlySet<string>;

  readonly #ownerless = new Set<string>();
  /** A change of the graph is under way, and has neither been applied nor dropped. */
  #changing: Reconfiguration | undefined;
  #made = 0;

  constructor(graph: WorldGraph, options: WorldOptions = {}) {
    this.#kernel = options.kernel ?? kernel;
    this.#still = options.still ?? false;
    this.#changesInPlace = options.changesInPlace ?? false;
    this.#without = new Set(options.without);
    this.state = this.#kernel.buildState(graph.components.map(nodeOf), graph.leases, 1, 0);
    this.lives = graph.components.map(({ name, checksHealth }) =>
      newLife(this.state.components.get(name)!, checksHealth ?? false),
    );
    this.electors = graph.leases.map(({ name }) => ({
      name,
      scope: this.state.scopes.get(name)!,
      state: "off",
      term: 0,
      leaving: false,
      drained: 0,
      ended: 0,
    }));
    this.apply({ type: "boot" });
  }

  lifeOf(component: string): Life {
    return this.lives.find((life) => life.record.name === component)!;
  }

  electorOf(lease: string): Elector | undefined {
    return this.electors.find((elector) => elector.name === lease);
  }

  choices(): readonly Choice[] {
    const choices: Choice[] = [];
    if (this.ended !== "no") return choices;
    for (const elector of this.electors) addLeaseChoices(choices, elector, this.lives);
    for (const life of this.lives) addLifeChoices(choices, life);
    if (this.state.shutdown === undefined) {
      choices.push({ event: { type: "shutdown", reason: "asked", exitCode: 0 }, fault: true });
      if (this.#changesInPlace && this.state.reconfiguration === undefined) {
        for (const change of changesInPlace(this.state)) {
          choices.push({ event: { type: "reconfigure", change }, fault: true });
        }
      }
    }
    return this.#without.size === 0 ? choices : choices.filter(({ event }) => !this.#without.has(event.type));
  }

  apply(event: KernelEvent): void {
    if (event.type === "timer" && !this.#still) this.now = Math.max(this.now, event.at);
    this.#happened(event);
    this.#changing = event.type === "reconfigure" ? event.change : this.state.reconfiguration;
    const commands = this.#kernel.step(this.state, event, this.now);
    if (event.type === "spawn" || event.type === "reconfigure") this.#made++;
    this.lastCommands = commands;
    this.#admit();
    for (const command of commands) this.#perform(command);
    if (event.type === "lease.ended") {
      assert(
        this.electorOf(event.lease)?.ended === event.term,
        `the end of the term of ${event.lease} is not passed on`,
      );
    }
    assert(this.#ownerless.size === 0, `timers without a component: ${[...this.#ownerless].join(", ")}`);
    checkState(this);
  }

  /** What may happen beside: children come and go, and another graph takes the place of this one. */
  changes(): readonly KernelEvent[] {
    const events: KernelEvent[] = [];
    const { state } = this;
    for (const { record } of this.lives) {
      const { name, parent, phase, scope, children, policy } = record;
      const hosts = phase === "starting" || phase === "running" || phase === "degraded";
      if (hosts && (children?.size ?? 0) < 3 && parent?.parent === undefined) {
        const child = `${name}/${this.#made}`;
        const node = { name: child, scope: scope.name, needs: [], after: [], policy, parent: name };
        events.push({ type: "spawn", node });
        for (const other of state.components.values()) {
          const reachable = other.parent === undefined && (other.scope.isProcess || other.scope === scope);
          if (reachable && other !== record) events.push({ type: "spawn", node: { ...node, needs: [other.name] } });
        }
      }
      if (parent !== undefined) events.push({ type: "remove", component: name, reason: "no longer there" });
    }
    if (state.reconfiguration === undefined && state.shutdown === undefined) {
      for (const change of possibleChanges(state, `new${this.#made}`)) events.push({ type: "reconfigure", change });
    }
    return events;
  }

  /** Whoever the kernel has taken in with this step. */
  #admit(): void {
    if (this.state.components.size === this.lives.length) return;
    const known = new Set(this.lives.map(({ record }) => record));
    for (const record of this.state.components.values())
      if (!known.has(record)) this.lives.push(newLife(record, false));
  }

  #forget(component: string): void {
    const index = this.lives.findIndex(({ record }) => record.name === component);
    // It came and went within one step.
    if (index < 0) return;
    assert(!this.lives[index]!.live, `${component} is forgotten while it lives`);
    this.lives.splice(index, 1);
  }

  /** The kernel alone: the environment learns nothing of it. */
  stepOnly(event: KernelEvent): readonly KernelCommand[] {
    return this.#kernel.step(this.state, event, this.now);
  }

  /** What is late or repeated: none of it may have an effect, in any state. */
  staleEvents(): readonly KernelEvent[] {
    const events: KernelEvent[] = [];
    for (const { record } of this.lives) {
      const component = record.name;
      const late = (instance: number) => {
        events.push(
          { type: "started", component, instance, checksHealth: true },
          { type: "start-failed", component, instance, error: "late" },
          { type: "crashed", component, instance, error: "late" },
          { type: "done", component, instance },
          { type: "health", component, instance, ok: false },
        );
      };
      late(record.instance - 1);
      events.push({ type: "stopped", component, instance: record.instance - 1 });
      if (record.phase !== "starting" && record.phase !== "running" && record.phase !== "degraded")
        late(record.instance);
      events.push({ type: "timer", component, timer: "phase", at: (record.timerAt ?? 0) - 1 });
      events.push({ type: "timer", component, timer: "outage", at: (record.outageAt ?? 0) - 1 });
      events.push({ type: "yield-refused", component, term: record.term - 1, reason: "late" });
    }
    for (const { name: lease, term } of this.electors) {
      events.push({ type: "lease.draining", lease, term: term - 1, reason: "late" });
      events.push({ type: "lease.ended", lease, term: term - 1, reason: "late" });
    }
    events.push({ type: "boot" });
    return events;
  }

  #happened(event: KernelEvent): void {
    if ("component" in event) happenedToLife(this.lifeOf(event.component), event);
    else if ("lease" in event) happenedToElector(this.electorOf(event.lease)!, event, this.lives);
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
        this.#setTimer(command.component, command.timer, command.at);
        return;
      case "clear-timer":
        this.#setTimer(command.component, command.timer, undefined);
        return;
      case "check-health": {
        const life = this.lifeOf(command.component);
        assert(life.live && !life.stopAsked, `${command.component} is asked for its health and does not run`);
        life.checking = true;
        return;
      }
      case "yield": {
        const elector = this.electorOf(command.lease)!;
        assert(elector.state === "held" && elector.term === command.term, `${command.lease} is yielded and not held`);
        this.lifeOf(command.component).yieldAsked = true;
        return;
      }
      case "forget":
        this.#forget(command.component);
        return;
      case "campaign":
        this.#campaign(command.lease);
        return;
      case "withdraw":
        this.electorOf(command.lease)!.leaving = true;
        return;
      case "drained":
        this.#drained(command.lease, command.term);
        return;
      case "end-term": {
        const elector = this.electorOf(command.lease)!;
        assert(elector.ended < command.term, `term ${command.term} of ${command.lease} is ended twice`);
        elector.ended = command.term;
        return;
      }
      case "reconfigured":
        this.#changed((change) => {
          for (const { record } of this.lives) {
            if (record.parent === undefined) continue;
            const gone = record.needs.find(
              ({ name }) => change.remove.includes(name) || change.replaced.includes(name),
            );
            assert(gone === undefined, `${record.name} outlives the change after which it needs another ${gone?.name}`);
          }
        });
        return;
      case "reconfiguration-dropped": {
        this.#changed();
        assert(command.stuck.length > 0, "a change is dropped for nobody");
        for (const name of command.stuck) {
          assert(this.lifeOf(name).record.phase === "stuck", `a change is dropped for ${name}, which is not stuck`);
        }
        return;
      }
      case "finished":
        assert(!this.lives.some((life) => life.live), "finished while something lives");
        assert(
          this.electors.every((elector) => elector.state === "off"),
          "finished while a lease is not given up",
        );
        this.ended = "finished";
        return;
      case "exit": {
        // The process ends itself only when nothing but stuck instances is left in a scope that is not held.
        const justified = [...this.state.scopes.values()].some(
          (scope) => scope.state !== "held" && scope.live > 0 && scope.live === scope.stuck,
        );
        assert(justified, "the process ends itself while something can still stop");
        this.ended = "exit";
      }
    }
  }

  #changed(check?: (change: Reconfiguration) => void): void {
    assert(this.#changing !== undefined, "a change of the graph ends twice");
    check?.(this.#changing!);
    this.#changing = undefined;
  }

  #start({ component, instance, scope, term }: Extract<KernelCommand, { type: "start" }>): void {
    const life = this.lifeOf(component);
    assert(!life.live, `two instances of ${component}`);
    assert(instance === life.instance + 1, `${component} was started twice`);
    assert(this.state.shutdown === undefined, `${component} starts in a shutdown`);
    const elector = this.electorOf(scope);
    if (elector !== undefined) {
      assert(elector.state === "held", `${component} starts while its lease is ${elector.state}`);
      assert(elector.term === term, `${component} starts in another term`);
    }
    for (const need of life.record.needs) assert(need.up, `${component} starts without ${need.name}`);
    for (const earlier of life.record.after) {
      const onItsWay =
        earlier.phase === "starting" ||
        earlier.phase === "stopping" ||
        (earlier.phase === "waiting" && earlier.needs.every((need) => need.up));
      assert(!onItsWay || earlier.up, `${component} starts before ${earlier.name}, which is ${earlier.phase}`);
    }
    life.instance = instance;
    life.live = true;
    life.started = false;
    life.stopAsked = false;
    life.checking = false;
  }

  #stop({ component, instance }: Extract<KernelCommand, { type: "stop" }>): void {
    const life = this.lifeOf(component);
    const { record } = life;
    assert(life.live && life.instance === instance, `${component} is stopped and does not live`);
    assert(!life.stopAsked, `${component} is stopped twice`);
    life.stopAsked = true;
    if (record.outcome?.kind === "done" && record.scope.state === "held") return;
    const runs = (other: ComponentRecord) => this.lifeOf(other.name).live && other.phase !== "stuck";
    for (const dependent of record.neededBy ?? []) {
      assert(!runs(dependent), `${component} is stopped before ${dependent.name}, which needs it`);
    }
    for (const later of record.afteredBy ?? []) {
      assert(
        !runs(later) || later.phase !== "stopping",
        `${component} is stopped before ${later.name}, which comes after`,
      );
    }
    for (const lease of record.neededByLeases ?? []) {
      assert(this.electorOf(lease.name)?.state === "off", `${component} is stopped before ${lease.name} is given up`);
    }
  }

  #setTimer(component: string, kind: TimerKind, at: number | undefined): void {
    const life = this.lives.find(({ record }) => record.name === component);
    if (life === undefined) {
      // It comes and goes within this step: so must its timers.
      if (at === undefined) this.#ownerless.delete(`${component} ${kind}`);
      else this.#ownerless.add(`${component} ${kind}`);
    } else if (kind === "phase") life.timerAt = at;
    else life.outageAt = at;
  }

  #campaign(lease: string): void {
    const elector = this.electorOf(lease)!;
    assert(elector.state === "off", `a second campaign for ${lease}`);
    assert(this.state.shutdown === undefined, `a campaign for ${lease} in a shutdown`);
    for (const need of elector.scope.needs) assert(need.up, `a campaign for ${lease} without ${need.name}`);
    elector.state = "standby";
  }

  #drained(lease: string, term: number): void {
    const elector = this.electorOf(lease)!;
    assert(elector.term === term && elector.drained < term, `term ${term} of ${lease} is drained twice`);
    for (const life of this.lives) {
      assert(life.record.scope !== elector.scope || !life.live, `${lease} is drained while ${life.record.name} lives`);
    }
    elector.drained = term;
    if (elector.state === "lost") elector.state = "standby";
  }
}

export function assert(condition: boolean | undefined, message: string): void {
  if (!condition) throw new Error(`invariant: ${message}`);
}
