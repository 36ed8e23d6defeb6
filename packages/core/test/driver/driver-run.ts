import { CompositionError, type Controller, createController, exitCode, silentLogger } from "@tenure/core";
import { settled, VirtualClock } from "@tenure/testing";
import { Cast } from "./cast.ts";
import { Chooser } from "./chooser.ts";
import { DriverModel } from "./driver-model.ts";
import { type Scenario, scopes } from "./driver-scenario.ts";
import { isAsked } from "./life.ts";
import { RecordedLease } from "./recorded-lease.ts";
import { isValid, pluginFor, type Section } from "./scripted-plugins.ts";

/** What a run was worth, so that a test can tell schedules in which nothing happens. */
export interface RunStatistics {
  turns: number;
  terms: number;
  lives: number;
  changes: number;
  refused: number;
  /** Changes of the configuration that were dropped, since a component that had to stop for them was stuck. */
  dropped: number;
  children: number;
  lateStarts: number;
  exits: number;
}

export function noStatistics(): RunStatistics {
  return { turns: 0, terms: 0, lives: 0, changes: 0, refused: 0, dropped: 0, children: 0, lateStarts: 0, exits: 0 };
}

/** Long enough for every back-off, outage and timeout of a scenario, in ms of virtual time. */
const longEnough = 6_000;

/** One controller with the real driver, whose every promise, timer, grant and call happens when the chooser says so. */
export class DriverRun {
  readonly log: string[] = [];
  readonly #scenario: Scenario;
  readonly #chooser: Chooser;
  readonly #clock = new VirtualClock();
  readonly #leases: readonly RecordedLease[];
  readonly #model: DriverModel;
  readonly #cast: Cast;
  #controller!: Controller;
  /** What was asked for last. */
  #sections = new Map<string, Section>();
  /** What has held last. */
  #holding: ReadonlyMap<string, Section> = this.#sections;
  #exited: { readonly code: number; readonly reason: string } | undefined;
  #stopped = 0;
  #stops = 0;
  #statistics = noStatistics();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#chooser = new Chooser(scenario.picks);
    const watch = {
      now: () => this.#clock.now(),
      drained: (lease: RecordedLease, term: number) => this.#model.onDrained(lease, term),
    };
    this.#leases = scopes
      .filter((scope) => scope !== "process")
      .map((name) => new RecordedLease(name, name === "l1" ? scenario.leaseNeeds : [], watch));
    this.#model = new DriverModel(this.#leases);
    this.#cast = new Cast(this.#chooser, this.#clock, this.#model);
    this.#model.cast = this.#cast;
  }

  /** @throws Error that names what is violated, and what had happened before. */
  async play(): Promise<RunStatistics> {
    try {
      await this.#begin();
      while (!this.#chooser.exhausted && !this.#over) await this.#turn();
      await this.#end();
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\nafter: ${this.log.join(", ")}`, {
        cause: error,
      });
    }
    const { lives } = this.#cast;
    return {
      ...this.#statistics,
      terms: this.#leases.reduce((sum, { terms }) => sum + terms, 0),
      lives: lives.length,
      children: lives.filter(({ parent }) => parent !== undefined).length,
      lateStarts: lives.filter((life) => life.askedBeforeStarted && life.startSettled === "well").length,
      exits: this.#exited === undefined ? 0 : 1,
    };
  }

  get #over(): boolean {
    return this.#exited !== undefined || this.#model.finished;
  }

  async #begin(): Promise<void> {
    const { parts } = this.#scenario;
    this.#controller = await createController({
      plugins: parts.map((part) => pluginFor(part, (making) => this.#cast.make(making, undefined))),
      leases: this.#leases.map(({ definition }) => definition),
      logger: silentLogger,
      clock: this.#clock,
      seed: 1,
      identity: "driver",
      exit: (code, reason) => this.#exit(code, reason),
    });
    this.#model.snapshot = () => this.#controller.snapshot();
    this.#model.now = () => this.#clock.now();
    this.#controller.on("component.running", ({ component, instance, from }) => {
      if (from === "starting") this.#model.onRunning(component, instance);
    });
    this.#controller.on("stopped", () => {
      this.#model.finished = true;
    });
    this.#controller.start();
    await this.#settle();
  }

  #exit(code: number, reason: string): void {
    if (this.#exited !== undefined) return;
    this.#exited = { code, reason };
    if (code !== exitCode.stuck) this.#model.violated(`the process ends itself with ${code}: ${reason}`);
    const now = this.#clock.now();
    const overdue = this.#leases.some(
      (lease) =>
        lease.told === "ended" &&
        now >= lease.endedAt + 900 &&
        this.#cast.alive().some(({ term }) => term.lease === lease.name),
    );
    // Its timeout counts from the request at the earliest; it may have ended a moment ago, and nobody has been told yet.
    const stuck = this.#cast.lives.filter((life) => {
      const timeout = life.part.options.stopTimeout ?? 0;
      return this.#model.isStuck(life) && life.askedAt !== undefined && now - life.askedAt >= timeout;
    });
    if (!overdue && stuck.length === 0) this.#model.violated(`the process ends itself without need: ${reason}`);
  }

  /** One or more things happen; then all that follows from them without time. */
  async #turn(): Promise<void> {
    this.#act();
    switch (this.#chooser.pick(4)) {
      case 3:
        // Together with what happens next, before anything has been handled.
        return;
      case 2:
        await Promise.resolve();
        return;
      default:
        await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    this.#statistics.turns++;
    await settled();
    // The process would be gone.
    if (this.#exited === undefined) this.#model.check();
    const [violation] = this.#model.violations;
    if (violation !== undefined) throw new Error(violation);
  }

  #note(what: string): void {
    this.log.push(what);
  }

  #act(): void {
    const kind = this.#chooser.pick(100);
    if (kind < 34) this.#settleOne();
    else if (kind < 52) this.#passTime();
    else if (kind < 70) this.#lease();
    else if (kind < 82) this.#callContext();
    else if (kind < 88) this.#late();
    else if (kind < 98) this.#reconfigure();
    else if (this.#chooser.seldom(3)) this.#stop();
    else this.#passTime();
  }

  #settleOne(): void {
    const pending = this.#chooser.of([...this.#cast.pending]);
    if (pending === undefined) {
      this.#passTime();
      return;
    }
    const fails = this.#chooser.seldom(4);
    this.#note(`${pending.what} of ${pending.life.name} ${fails ? "fails" : "ends"}`);
    if (fails) pending.fail();
    else pending.succeed();
  }

  #passTime(): void {
    const next = this.#clock.nextTimer;
    const [what, duration] = this.#chooser.seldom(3)
      ? ["a moment", 50 + this.#chooser.pick(300)]
      : ["to the next timer", Math.max(0, (next ?? this.#clock.now()) - this.#clock.now())];
    this.#note(`time passes (${what}, ${Math.round(duration as number)} ms)`);
    // Not awaited: the timers fire in this turn, and what follows may happen between them.
    void this.#clock.advance(duration as number);
  }

  #lease(): void {
    const lease = this.#chooser.of(this.#leases);
    if (lease === undefined) return;
    const { fake } = lease;
    const what = this.#chooser.pick(8);
    const name = ["grant", "grant", "grant", "take", "drain", "keep", "yield", "give"][what];
    this.#note(`${name} ${lease.name}`);
    if (what < 3) fake.grant();
    else if (what === 3) fake.take();
    else if (what === 4) fake.drain();
    else if (what === 5) fake.keeps = "nobody else is left to try";
    else if (what === 6) this.#controller.yieldLease(lease.name);
    else fake.keeps = undefined;
  }

  #callContext(): void {
    const life = this.#chooser.of(this.#cast.alive().filter(({ context }) => context !== undefined));
    if (life === undefined) return;
    const what = this.#chooser.pick(3);
    this.#note(`${["fail", "done", "spawn"][what]} by ${life.name}`);
    if (what === 0) life.context?.fail(new Error("boom"));
    else if (what === 1) this.#cast.done(life);
    else this.#cast.spawn(life);
  }

  /** An instance that has ended goes on as if nothing had happened. */
  #late(): void {
    const gone = this.#cast.lives.filter((life) => life.ended && life.context !== undefined).slice(-12);
    const life = this.#chooser.of(gone);
    if (life === undefined) return;
    this.#note(`late calls by ${life.name}`);
    const before = JSON.stringify(this.#phases());
    life.context?.fail(new Error("late"));
    life.context?.done();
    this.#cast.spawn(life);
    if (JSON.stringify(this.#phases()) !== before)
      this.#model.violated(`late calls by ${life.name} have changed something`);
  }

  #phases(): readonly unknown[] {
    return this.#controller.snapshot().components.map(({ name, phase, instance }) => [name, phase, instance]);
  }

  #reconfigure(): void {
    const sections = new Map(this.#sections);
    for (let changes = 1 + this.#chooser.pick(2); changes > 0; changes--) {
      const part = this.#chooser.of(this.#scenario.parts);
      if (part === undefined) return;
      const section = { ...sections.get(part.name) };
      const what = this.#chooser.pick(5);
      if (what < 2) section.version = ((section.version ?? 0) + 1) % 10;
      else if (what === 2) section.off = !section.off;
      else if (what === 3) section.lean = !section.lean;
      else section.version = 10;
      sections.set(part.name, section);
    }
    const valid = isValid(this.#scenario.parts, this.#scenario.leaseNeeds, sections);
    const config = Object.fromEntries([...sections].map(([name, section]) => [`plugin-${name}`, { ...section }]));
    this.#note(`reconfigure ${JSON.stringify(Object.fromEntries(sections))}`);
    // A later change is on top of this one: they are taken one after the other.
    if (valid) this.#sections = sections;
    void this.#controller.reconfigure(config).then(
      () => {
        this.#statistics.changes++;
        this.#holding = sections;
        if (!valid) this.#model.violated("an invalid configuration is accepted");
      },
      (error) => {
        this.#statistics.refused++;
        const refused = error instanceof CompositionError;
        if (error.code === "TENURE_CHANGE_STUCK") {
          this.#statistics.dropped++;
          return;
        }
        if (valid && refused) this.#model.violated(`a valid configuration is refused: ${error.message}`);
        if (!refused && !this.#model.stopAsked && this.#controller.snapshot().shutdown === undefined)
          this.#model.violated(`a change of the configuration failed: ${String(error)}`);
      },
    );
  }

  #stop(): void {
    this.#note("stop");
    this.#stops++;
    void this.#controller.stop("asked by the test").then(() => this.#stopped++);
    this.#model.stopAsked = true;
  }

  /** From now on nothing goes wrong: everything that is wanted must come to run, and a stop must stop everything. */
  async #end(): Promise<void> {
    this.#note("calm");
    this.#chooser.calm = true;
    await this.#settle();
    if (!this.#over && this.#controller.snapshot().shutdown === undefined) {
      for (const { fake } of this.#leases) fake.keeps = undefined;
      for (let round = 0; round < 3; round++) {
        await this.#calm(longEnough);
        for (const { fake } of this.#leases) fake.grant();
      }
      await this.#calm(longEnough);
      if (!this.#over && this.#controller.snapshot().shutdown === undefined) this.#checkEverythingRuns();
    }
    if (this.#exited !== undefined) return;
    this.#stop();
    this.#stop();
    await this.#calm(longEnough);
    if (this.#exited === undefined) this.#checkEverythingIsOver();
    const [violation] = this.#model.violations;
    if (violation !== undefined) throw new Error(violation);
  }

  async #calm(duration: number): Promise<void> {
    const end = this.#clock.now() + duration;
    while (!this.#over) {
      for (const pending of [...this.#cast.pending]) {
        if (pending.what !== "run" || isAsked(pending.life)) pending.succeed();
      }
      await this.#settle();
      const next = this.#clock.nextTimer;
      if (next === undefined || next > end) break;
      await this.#clock.advance(Math.max(0, next - this.#clock.now()));
    }
    await this.#settle();
  }

  /** 2: held, and for long enough: every component runs, or the snapshot names what keeps it. */
  #checkEverythingRuns(): void {
    const { components } = this.#controller.snapshot();
    const expected = this.#scenario.parts.filter(({ name }) => this.#holding.get(name)?.off !== true);
    const there = components.filter(({ parent }) => parent === undefined).map(({ name }) => name);
    if (
      [...there].sort().join() !==
      expected
        .map(({ name }) => name)
        .sort()
        .join()
    )
      this.#model.violated(`after the changes there are ${there.join()}`);
    for (const { name, scope, phase, reason, waitsFor } of components) {
      const lease = this.#leases.find((candidate) => candidate.name === scope);
      if (lease !== undefined && lease.told !== "held") {
        if (phase !== "idle") this.#model.violated(`${name} is ${phase} without its lease`);
        continue;
      }
      const excused =
        phase === "running" ||
        phase === "failed" ||
        (phase === "idle" && reason.code === "done") ||
        (phase === "waiting" && waitsFor.length > 0);
      if (!excused) this.#model.violated(`${name} is ${phase} for ever: ${reason.text}`);
      const life = this.#cast.newest(name);
      const version = this.#holding.get(name)?.version ?? 0;
      if (phase === "running" && life?.parent === undefined && life?.version !== version)
        this.#model.violated(`${name} runs with version ${life?.version} of its configuration, not ${version}`);
    }
    const withdrawn = this.#leases.filter((lease) => lease.withdrawn && this.#scenario.leaseNeeds.length === 0);
    if (withdrawn.length > 0) this.#model.violated(`lease ${withdrawn[0]?.name} is not campaigned for`);
  }

  /** 8: and nothing is left. */
  #checkEverythingIsOver(): void {
    const { violated } = this.#model;
    if (!this.#model.finished) violated(`the shutdown does not end: ${JSON.stringify(this.#phases())}`);
    if (this.#stopped !== this.#stops) violated(`${this.#stopped} of ${this.#stops} stops have resolved`);
    if (this.#clock.pending > 0) violated(`${this.#clock.pending} timers are left on the clock`);
    for (const life of this.#cast.lives) {
      if (!life.ended) violated(`${life.name} has not ended`);
      if (life.starts !== 1 || life.stops !== 1) violated(`${life.name}: ${life.starts} starts, ${life.stops} stops`);
    }
    for (const lease of this.#leases) {
      if (lease.drained !== lease.terms) violated(`term ${lease.terms} of ${lease.name} was never drained`);
      if (!lease.withdrawn) violated(`lease ${lease.name} is not withdrawn`);
    }
  }
}
