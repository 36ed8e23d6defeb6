import type { KubernetesObject } from "@tenure/kubernetes";
import {
  type CandidateRecord,
  CandidateSightings,
  decodeLease,
  type ElectionTiming,
  encodeLease,
  initialLeaseState,
  type LeaseCommand,
  type LeaseEvent,
  type LeaseRecord,
  type LeaseState,
  type LeaseWrite,
  stepLease,
  whyLeaseKept,
} from "@tenure/lease";

/** Of one candidate's way to the server and back. Functions, asked once a message. Times in ms. */
export interface Network {
  requestDelay: () => number;
  replyDelay: () => number;
  watchDelay: () => number;
  losesReply: () => boolean;
  /** Whatever would arrive meanwhile, in either direction, is gone. */
  partitioned: boolean;
}

export interface Term {
  readonly candidate: Candidate;
  readonly number: number;
  readonly token: number;
  readonly grantedAt: number;
  deadline: number;
  drainingAt: number | undefined;
  endedAt: number | undefined;
  endedBecause: string | undefined;
  drainedAt: number | undefined;
  /** The process stood still during the term: its right ended at the deadline although it learned of it later. */
  stalled: boolean;
}

export interface Commit {
  readonly at: number;
  readonly kind: LeaseWrite["kind"];
  readonly identity: string;
  readonly token: number;
}

/** An attempt to give the lease up because the components cannot run. */
export interface Attempt {
  readonly at: number;
  readonly candidate: Candidate;
  readonly token: number;
  /** Whom it knew to be present; undefined: it could not tell. */
  readonly present: readonly string[] | undefined;
  /** Why it was refused; undefined: the lease was given up. */
  readonly kept: string | undefined;
}

/** One candidate: the real kernel, driven as the elector drives it. */
export class Candidate {
  readonly identity: string;
  readonly state: LeaseState;
  readonly network: Network = {
    requestDelay: () => 5,
    replyDelay: () => 5,
    watchDelay: () => 5,
    losesReply: () => false,
    partitioned: false,
  };
  /** How long the components of a term take to stop. */
  stopTime: () => number = () => 0;
  /** Set: its components cannot run, and so long after a grant, or after a refusal, it would give the lease up. */
  incapable: { readonly after: number; readonly pause: number } | undefined;
  readonly terms: Term[] = [];
  /** Every command, with its time. */
  readonly commands: { readonly at: number; readonly command: LeaseCommand }[] = [];
  withdrawnAt: number | undefined;
  crashed = false;
  readonly #world: LeaseWorld;
  readonly #flights = new Set<number>();
  readonly #sightings = new CandidateSightings();
  #timer = 0;
  #watching = false;
  #missed = false;
  #lastShown = 0;
  #stalledUntil = 0;

  constructor(world: LeaseWorld, identity: string, timing: ElectionTiming, seed: number) {
    this.#world = world;
    this.identity = identity;
    this.state = initialLeaseState(identity, timing, seed, world.now);
  }

  get term(): Term | undefined {
    return this.terms.at(-1);
  }

  dispatch(event: LeaseEvent): void {
    if (this.crashed) return;
    if (this.#world.now < this.#stalledUntil) {
      this.#world.at(this.#stalledUntil, () => this.dispatch(event));
      return;
    }
    for (const command of stepLease(this.state, event, this.#world.now)) {
      this.commands.push({ at: this.#world.now, command });
      this.#perform(command);
    }
  }

  /** Nothing of the process runs for so long: no timer, no answer, no watch. All of it comes at once afterwards. */
  stall(duration: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#world.now + duration);
    if (this.term !== undefined && this.term.endedAt === undefined) this.term.stalled = true;
  }

  crash(): void {
    this.crashed = true;
    if (this.term !== undefined) this.term.endedAt ??= this.#world.now;
  }

  partition(): void {
    this.network.partitioned = true;
  }

  heal(): void {
    this.network.partitioned = false;
    if (!this.#missed) return;
    this.#missed = false;
    this.dispatch({ type: "watch-gap" });
    this.show();
  }

  /** The watch tells the server's present state. */
  show(deleted?: string): void {
    if (!this.#watching) return;
    const record = this.#world.record;
    if (record === "absent" && deleted === undefined) return;
    this.#lastShown = Math.max(this.#lastShown, this.#world.now + this.network.watchDelay());
    this.#world.at(this.#lastShown, () => {
      if (!this.#watching) return;
      if (this.network.partitioned) this.#missed = true;
      else if (record === "absent") this.dispatch({ type: "deleted", resourceVersion: deleted ?? "" });
      else this.dispatch({ type: "seen", record });
    });
  }

  /** As the registry does: writes its own record, reads the others. */
  look(): void {
    const { records, now } = this.#world;
    if (records === undefined || this.crashed || this.withdrawnAt !== undefined) return;
    if (this.network.partitioned) {
      this.dispatch({ type: "candidates", others: undefined });
      return;
    }
    const { identity } = this;
    const lastTurn = this.term?.token ?? 0;
    const of = { name: identity, uid: identity, resourceVersion: String(now), identity };
    records.set(identity, { ...of, duration: recordDuration, lastTurn, renewTime: String(now) });
    const others = [...records.values()].filter((record) => record.identity !== identity);
    this.dispatch({ type: "candidates", others: this.#sightings.note(others, now) });
  }

  lookEvery(period: number): void {
    this.look();
    this.#world.at(this.#world.now + period, () => this.lookEvery(period));
  }

  /** As the elector does. */
  giveWay(pause: number): void {
    const { now } = this.#world;
    if (this.crashed || now < this.#stalledUntil || this.term === undefined || this.term.endedAt !== undefined) return;
    const kept = whyLeaseKept(this.state, now);
    const present = this.state.candidates?.filter(({ presentUntil }) => now < presentUntil);
    const names = present?.map(({ identity }) => identity);
    this.#world.attempts.push({ at: now, candidate: this, token: this.state.token, present: names, kept });
    if (kept === undefined) this.dispatch({ type: "yield", pause, reason: "it cannot run", because: "incapable" });
  }

  #cannotRun(number: number): void {
    if (this.incapable === undefined) return;
    this.#world.at(this.#world.now + this.incapable.after, () => {
      const { term, incapable } = this;
      if (incapable === undefined || this.crashed || term?.number !== number || term.endedAt !== undefined) return;
      this.giveWay(incapable.pause);
      if (term.drainingAt === undefined) this.#cannotRun(number);
    });
  }

  #perform(command: LeaseCommand): void {
    const world = this.#world;
    switch (command.type) {
      case "read":
        this.#send(command, () => {
          const { record, revision } = world;
          return { type: "read", flight: command.flight, record, collectionVersion: String(revision) };
        });
        return;
      case "write":
        if (command.write.kind === "release" && this.terms.some((term) => term.drainedAt === undefined)) {
          world.violations.push(`${this.identity} sends a release at ${world.now} before it has drained`);
        }
        this.#send(command, () => world.commit(command));
        return;
      case "abort":
        this.#flights.delete(command.flight);
        return;
      case "set-timer": {
        const timer = ++this.#timer;
        world.at(Math.max(command.at, world.now), () => {
          if (timer === this.#timer) this.dispatch({ type: "timer" });
        });
        return;
      }
      case "clear-timer":
        this.#timer++;
        return;
      case "watch":
        this.#watching = command.on;
        this.show();
        return;
      case "validity":
        if (this.term?.number === command.number && command.deadline > 0) this.term.deadline = command.deadline;
        else this.#deadline = command.deadline;
        return;
      case "granted":
        this.terms.push({
          candidate: this,
          number: command.number,
          token: command.token,
          grantedAt: world.now,
          deadline: this.#deadline,
          drainingAt: undefined,
          endedAt: undefined,
          endedBecause: undefined,
          drainedAt: undefined,
          stalled: false,
        });
        this.#cannotRun(command.number);
        world.at(world.now, () => this.look());
        return;
      case "draining":
        this.#termOf(command.number).drainingAt = world.now;
        this.#stopComponents(command.number);
        return;
      case "ended": {
        const term = this.#termOf(command.number);
        term.endedAt = world.now;
        term.endedBecause = command.reason;
        if (term.drainingAt === undefined) this.#stopComponents(command.number);
        return;
      }
      case "withdrawn":
        this.withdrawnAt = world.now;
        world.records?.delete(this.identity);
        return;
      default:
    }
  }

  #deadline = 0;

  #termOf(number: number): Term {
    const term = this.terms.find((other) => other.number === number);
    if (term === undefined) throw new TypeError(`term ${number} of ${this.identity} was never granted`);
    return term;
  }

  #stopComponents(number: number): void {
    this.#world.at(this.#world.now + this.stopTime(), () => {
      if (this.crashed) return;
      this.#termOf(number).drainedAt = this.#world.now;
      this.dispatch({ type: "drained", number });
    });
  }

  /** An aborted request may still arrive, and so may one that has timed out. */
  #send(command: { readonly flight: number; readonly timeout: number }, serve: () => LeaseEvent): void {
    const world = this.#world;
    const answer = (event: LeaseEvent) => {
      if (this.#flights.delete(command.flight)) this.dispatch(event);
    };
    this.#flights.add(command.flight);
    world.at(world.now + command.timeout, () =>
      answer({ type: "failed", flight: command.flight, outcome: "unknown", error: "no answer" }),
    );
    world.at(world.now + this.network.requestDelay(), () => {
      if (this.network.partitioned) return;
      const reply = serve();
      if (this.network.losesReply()) return;
      world.at(world.now + this.network.replyDelay(), () => {
        if (!this.network.partitioned) answer(reply);
      });
    });
  }
}

/** Of a candidate's record, in ms. */
export const recordDuration = 600_000;

/** More events than this at one moment are a loop without end. */
const mostAtOnce = 10_000;

/** Virtual time, one Lease on a model of the API server, and candidates for it. The same calls give the same run. */
export class LeaseWorld {
  now = 0;
  revision = 100;
  lease: KubernetesObject | undefined;
  readonly candidates: Candidate[] = [];
  readonly commits: Commit[] = [];
  readonly attempts: Attempt[] = [];
  /** The candidates' own records; undefined: they keep none. */
  records: Map<string, CandidateRecord> | undefined;
  readonly violations: string[] = [];
  readonly #queue: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;
  #happened = 0;

  get record(): LeaseRecord | "absent" {
    return this.lease === undefined ? "absent" : decodeLease(this.lease);
  }

  get terms(): readonly Term[] {
    return this.candidates.flatMap((candidate) => candidate.terms);
  }

  add(identity: string, timing: ElectionTiming, stopBudget = 0, seed = this.candidates.length + 1): Candidate {
    const candidate = new Candidate(this, identity, timing, seed);
    this.candidates.push(candidate);
    candidate.dispatch({ type: "campaign", stopBudget });
    if (this.records !== undefined) candidate.lookEvery(240_000);
    return candidate;
  }

  at(time: number, run: () => void): void {
    const entry = { at: Math.max(time, this.now), order: ++this.#order, run };
    let index = this.#queue.length;
    while (index > 0 && (this.#queue[index - 1]?.at ?? 0) > entry.at) index--;
    this.#queue.splice(index, 0, entry);
  }

  /** Lets `duration` ms pass. */
  pass(duration: number): void {
    const end = this.now + duration;
    while ((this.#queue[0]?.at ?? Number.POSITIVE_INFINITY) <= end) this.#next();
    this.now = end;
  }

  /** Goes on until it holds. @throws TypeError if it does not within `limit` ms */
  until(condition: () => boolean, limit = 60_000): void {
    const end = this.now + limit;
    while (!condition()) {
      if ((this.#queue[0]?.at ?? Number.POSITIVE_INFINITY) > end) throw new TypeError(`not within ${limit} ms`);
      this.#next();
    }
  }

  /** Another's hand: no elector of ours. */
  edit(change: (lease: KubernetesObject | undefined) => KubernetesObject | undefined): void {
    const before = this.lease;
    const after = change(before);
    const resourceVersion = String(++this.revision);
    this.lease = after && { ...after, metadata: { ...after.metadata, resourceVersion } };
    for (const candidate of this.candidates) candidate.show(after === undefined ? resourceVersion : undefined);
  }

  commit({ flight, write, base }: Extract<LeaseCommand, { type: "write" }>): LeaseEvent {
    const there = this.lease?.metadata.resourceVersion;
    if (there !== (base === "absent" ? undefined : base.resourceVersion)) {
      return { type: "failed", flight, outcome: "conflict", error: "the Lease has changed" };
    }
    const { kind, identity, token } = write;
    this.commits.push({ at: this.now, kind, identity, token });
    this.edit((lease) => encodeLease(write, lease, { namespace: "default", name: "model" }, String(this.now)));
    return { type: "written", flight, record: this.record as LeaseRecord };
  }

  #next(): void {
    const entry = this.#queue.shift();
    if (entry === undefined) return;
    this.#happened = entry.at === this.now ? this.#happened + 1 : 0;
    if (this.#happened > mostAtOnce) throw new TypeError(`time stands still at ${this.now}: a candidate spins`);
    this.now = entry.at;
    entry.run();
  }
}
