import type { ComponentSnapshot, ControllerSnapshot } from "@tenure/core";
import type { Cast, Surroundings } from "./cast.ts";
import { isAsked, type Life, numberOf } from "./life.ts";
import type { RecordedLease } from "./recorded-lease.ts";
import type { Making } from "./scripted-plugins.ts";

const live: ReadonlySet<string> = new Set(["starting", "running", "degraded", "stopping", "stuck"]);

/**
 * What must be true of the driver, told from what was done to instances and electors; the kernel is not asked, except that a snapshot's
 * phase tells who is stuck and is itself compared with what the instances know. The numbers are those of the invariants of the design.
 */
export class DriverModel implements Surroundings {
  readonly violations: string[] = [];
  readonly leases: ReadonlyMap<string, RecordedLease>;
  /** Set by the run. */
  snapshot: () => ControllerSnapshot = () => ({}) as ControllerSnapshot;
  now: () => number = () => 0;
  stopAsked = false;
  finished = false;
  cast!: Cast;

  constructor(leases: readonly RecordedLease[]) {
    this.leases = new Map(leases.map((lease) => [lease.name, lease]));
  }

  readonly violated = (what: string): void => {
    this.violations.push(what);
  };

  isStuck(life: Life): boolean {
    return this.snapshot().components.find(({ name }) => name === life.name)?.phase === "stuck";
  }

  /** 3, 4, 5: an instance is made when its lease is held, after what it needs, and never beside another of its name. */
  onMake(life: Life, { needs, part }: Making): void {
    const { name } = life;
    const before = this.cast.newest(name);
    if (before !== undefined && !before.ended) this.violated(`two instances of ${name}`);
    if (this.stopAsked) this.violated(`${name} is made after the shutdown has begun`);
    const lease = this.leases.get(part.scope);
    if (lease !== undefined) {
      if (lease.told !== "held") this.violated(`${name} is made while its lease is ${lease.told}`);
      if (life.term.number !== lease.terms)
        this.violated(`${name} is made for term ${life.term.number} of ${lease.terms}`);
    }
    for (const need of part.needs) {
      const provider = this.cast.newest(need);
      if (provider?.instance !== needs[need]) this.violated(`${name} is given another ${need} than the newest`);
      if (provider === undefined || !(provider.doneCalled || this.#serves(provider)))
        this.violated(`${name} is made while ${need}, which it needs, does not run`);
    }
    for (const earlier of part.after) {
      const other = this.cast.newest(earlier);
      if (other === undefined || other.ended || other.doneCalled || this.#serves(other) || this.isStuck(other))
        continue;
      this.violated(`${name} is made while ${earlier}, after which it comes, ${isAsked(other) ? "stops" : "starts"}`);
    }
    if (life.parent !== undefined && (life.parent.ended || isAsked(life.parent)))
      this.violated(`${name} is made although its parent has been asked to stop`);
  }

  #serves(life: Life): boolean {
    return !life.ended && life.startSettled === "well" && !isAsked(life);
  }

  /** 5: its dependents, its children and what comes after it have ended before. */
  onStop(life: Life): void {
    for (const other of this.cast.alive()) {
      if (other === life || this.isStuck(other)) continue;
      if (other.parent === life) this.violated(`${life.name} is stopped before its child ${other.name}`);
      if (life.doneCalled) continue;
      if (other.part.needs.includes(life.name))
        this.violated(`${life.name} is stopped before ${other.name}, which needs it`);
      // Order is for those that stop together: one that is asked later has been started beside a start that hangs.
      const earlier = other.askedAs !== undefined && life.askedAs !== undefined && other.askedAs < life.askedAs;
      if (other.part.after.includes(life.name) && earlier)
        this.violated(`${life.name} is stopped before ${other.name}, which comes after it`);
    }
    for (const lease of this.leases.values()) {
      const used = lease.definition.needs[life.name] !== undefined;
      if (used && !lease.withdrawn && !life.doneCalled)
        this.violated(`${life.name} is stopped while lease ${lease.name}, which needs it, is not withdrawn`);
    }
  }

  /** 3: drained once a term, and only when nothing of it lives, stuck or not. */
  onDrained(lease: RecordedLease, term: number): void {
    if (term <= lease.drained) this.violated(`term ${term} of ${lease.name} is drained twice`);
    for (const life of this.cast.alive()) {
      if (life.term.lease === lease.name) this.violated(`${lease.name} is drained while ${life.name} lives`);
    }
  }

  /** A start that has ended too late is never reported running, nor is one that has not ended or has failed. */
  onRunning(name: string, instance: number): void {
    const life = this.cast.newest(name);
    if (life === undefined || numberOf(life) !== instance)
      this.violated(`${name} #${instance} runs and is not the newest`);
    else if (life.startSettled !== "well")
      this.violated(`${name} is reported running, its start has settled: ${life.startSettled}`);
    else if (life.askedBeforeStarted) this.violated(`${name} is reported running although it was asked to stop before`);
    else if (isAsked(life) || life.ended) this.violated(`${name} is reported running after it was asked to stop`);
  }

  /** After every turn: everything that needs neither time nor a decision has happened. */
  check(): void {
    const snapshot = this.snapshot();
    const rows = new Map(snapshot.components.map((row) => [row.name, row]));
    for (const row of rows.values()) this.#checkPhase(row);
    for (const lease of this.leases.values()) this.#checkOverdue(lease);
    for (const life of this.cast.alive()) {
      if (!rows.has(life.name)) this.violated(`${life.name} lives and is not in the snapshot`);
    }
    for (const life of this.cast.lives.slice(-60)) {
      this.#checkTerm(life);
      this.#checkWants(life, rows);
    }
  }

  #checkPhase({ name, phase }: ComponentSnapshot): void {
    const life = this.cast.newest(name);
    const alive = life !== undefined && !life.ended;
    if (phase === "stopping" && this.cast.isUnmade(name)) return;
    if (alive !== live.has(phase)) this.violated(`${name} is ${phase} and ${alive ? "lives" : "does not live"}`);
    if (life === undefined || !alive) return;
    if ((phase === "running" || phase === "degraded") && !this.#serves(life))
      this.violated(`${name} is ${phase} and does not run`);
    if (phase === "starting" && life.startSettled !== "no")
      this.violated(`${name} is starting and its start has settled`);
    const lease = this.leases.get(life.term.lease);
    if (lease === undefined) return;
    if (lease.told !== "held" && phase !== "stopping" && phase !== "stuck")
      this.violated(`${name} is ${phase} although its lease is ${lease.told}`);
    if (lease.told === "ended" && !isAsked(life) && life.starts > 0)
      this.violated(`${name} was not asked to stop at the end of its term`);
  }

  /** 3: others may lead from a margin after the end on; before that the process has ended. */
  #checkOverdue({ name, told, endedAt }: RecordedLease): void {
    if (told !== "ended" || this.now() - endedAt <= 1_000) return;
    const still = this.cast.alive().find(({ term }) => term.lease === name);
    if (still !== undefined)
      this.violated(`${still.name} still runs ${this.now() - endedAt} ms after the end of ${name}`);
  }

  /** The right to act of each instance is that of its own term, however many terms have followed. */
  #checkTerm({ name, term }: Life): void {
    const lease = this.leases.get(term.lease);
    const held =
      lease === undefined
        ? !this.finished
        : term.number === lease.terms && (lease.told === "held" || lease.told === "draining");
    if (term.held !== held) this.violated(`term ${term.number} of ${name} is ${term.held ? "held" : "not held"}`);
    if (term.signal.aborted === held)
      this.violated(`the signal of term ${term.number} of ${name} is ${held ? "aborted" : "not aborted"}`);
  }

  /** A reference is what runs now or has done its work, and its listener has been told of every change, once, while the instance lived. */
  #checkWants(life: Life, rows: ReadonlyMap<string, ComponentSnapshot>): void {
    const told = life.watched.reduce((sum, watched) => sum + watched.told.length, 0);
    if (life.ended) life.toldAtEnd ??= told;
    if (life.ended && told !== life.toldAtEnd) this.violated(`${life.name} is told of a reference after its end`);
    for (const { provider, reference, told: history } of life.watched) {
      const row = rows.get(provider);
      const newest = this.cast.newest(provider);
      const serves =
        row !== undefined &&
        (row.phase === "running" ||
          row.phase === "degraded" ||
          (row.phase === "idle" && row.reason.code === "done") ||
          ((row.phase === "stopping" || row.phase === "stuck") && row.reason.code === "done"));
      const unclear = newest?.doneCalled === true;
      // What an ended instance has left behind reaches nothing that runs later.
      const expected = serves && !life.ended ? newest?.instance : undefined;
      if (!unclear && reference.current !== expected)
        this.violated(`${life.name}'s reference to ${provider} (${row?.phase}) is wrong`);
      if (history.some((value, index) => index > 0 && value === history[index - 1]))
        this.violated(`${life.name} is told of no change of ${provider}`);
      if (!life.ended && life.starts > 0 && row !== undefined && history.at(-1) !== reference.current)
        this.violated(`${life.name} is not told that ${provider} is ${row.phase}`);
    }
  }
}
