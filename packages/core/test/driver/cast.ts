import { type Clock, type Component, type ComponentContext, CompositionError, type StopContext } from "@tenure/core";
import type { Chooser } from "./chooser.ts";
import type { Part } from "./driver-scenario.ts";
import { isAsked, type Life, type Pending } from "./life.ts";
import { definitionOf, type Making } from "./scripted-plugins.ts";

/** What the cast cannot see from inside. */
export interface Surroundings {
  /** Checks what must hold when an instance is made, and when it is stopped. */
  onMake(life: Life, making: Making): void;
  onStop(life: Life): void;
  readonly violated: (what: string) => void;
}

/** Components that do whatever the chooser says: settle now, later or never, fail, finish, spawn, at odd moments. Every life is kept. */
export class Cast {
  readonly lives: Life[] = [];
  readonly pending = new Set<Pending>();
  readonly removals: { readonly child: string; readonly gone: Promise<void> }[] = [];
  spawned = 0;
  /** Whose newest instance could not be made: the supervisor stops it all the same, in its turn. */
  readonly #unmade = new Set<string>();
  #asked = 0;
  readonly #current = new Map<string, Life>();
  readonly #chooser: Chooser;
  readonly #clock: Clock;
  readonly #surroundings: Surroundings;

  constructor(chooser: Chooser, clock: Clock, surroundings: Surroundings) {
    this.#chooser = chooser;
    this.#clock = clock;
    this.#surroundings = surroundings;
  }

  /** The newest life of a component; it may have ended. */
  newest(name: string): Life | undefined {
    return this.#current.get(name);
  }

  alive(): readonly Life[] {
    return [...this.#current.values()].filter((life) => !life.ended);
  }

  isUnmade(name: string): boolean {
    return this.#unmade.has(name);
  }

  make(making: Making, parent: Life | undefined): Component {
    const name = parent === undefined ? making.part.name : `${parent.name}/${making.part.name}`;
    if (this.#chooser.seldom(40)) {
      this.#unmade.add(name);
      throw new Error("cannot be made");
    }
    this.#unmade.delete(name);
    const instance: Component = {};
    const life: Life = {
      name,
      part: making.part,
      version: making.version,
      term: making.term,
      parent,
      instance,
      watched: Object.entries(making.wants).map(([provider, reference]) => ({ provider, reference, told: [] })),
      context: undefined,
      starts: 0,
      stops: 0,
      startSettled: "no",
      askedBeforeStarted: false,
      askedAt: undefined,
      askedAs: undefined,
      doneCalled: false,
      stopContext: undefined,
      ended: false,
      toldAtEnd: undefined,
    };
    this.#surroundings.onMake(life, making);
    this.lives.push(life);
    this.#current.set(name, life);
    if (making.part.loops) instance.run = (context) => this.#run(life, context);
    else instance.start = (context) => this.#start(life, context);
    instance.stop = (context) => this.#stop(life, context);
    if (making.part.checksHealth) instance.healthy = () => this.#healthy(life);
    return instance;
  }

  #enter(life: Life, context: ComponentContext): void {
    life.context = context;
    life.starts++;
    if (life.starts > 1) this.#surroundings.violated(`${life.name} is started twice`);
    if (life.stops > 0) this.#surroundings.violated(`${life.name} is started after its stop`);
    if (context.term !== life.term) this.#surroundings.violated(`${life.name} was made for another term`);
    context.signal.addEventListener("abort", () => {
      life.askedAt = this.#clock.now();
      life.askedAs = ++this.#asked;
      if (life.startSettled === "no") life.askedBeforeStarted = true;
    });
    for (const watched of life.watched) {
      watched.told.push(watched.reference.current);
      watched.reference.subscribe((current) => {
        watched.told.push(current);
      });
    }
    if (this.#chooser.seldom(4)) this.spawn(life);
    if (this.#chooser.seldom(15)) context.fail(new Error("failed in its start"));
    if (this.#chooser.seldom(15)) this.done(life);
  }

  #start(life: Life, context: ComponentContext): Promise<void> | void {
    this.#enter(life, context);
    const settle = (how: "well" | "badly") => {
      life.startSettled = how;
    };
    switch (this.#chooser.calm ? 1 : this.#chooser.pick(6)) {
      case 1:
        settle("well");
        return;
      case 2:
        if (!this.#chooser.seldom(3)) return Promise.resolve().then(() => settle("well"));
        settle("badly");
        throw new Error("threw in its start");
      case 3:
        return this.#later(life, "start", settle, context.signal);
      default:
        // Deaf to its signal: a start that ends long after the loss.
        return this.#later(life, "start", settle);
    }
  }

  #run(life: Life, context: ComponentContext): Promise<void> {
    this.#enter(life, context);
    life.startSettled = "well";
    const ended = (how: "well" | "badly") => {
      if (how === "well" && !isAsked(life)) life.doneCalled = true;
    };
    return this.#later(life, "run", ended, this.#chooser.pick(4) === 3 ? undefined : context.signal);
  }

  #stop(life: Life, context: StopContext): Promise<void> | void {
    life.stops++;
    life.stopContext = context;
    if (life.stops > 1) this.#surroundings.violated(`${life.name} is stopped twice`);
    if (life.startSettled === "no" && life.starts > 0)
      this.#surroundings.violated(`${life.name} is stopped before its start has settled`);
    if (!isAsked(life)) this.#surroundings.violated(`${life.name} is stopped and its signal is not aborted`);
    this.#surroundings.onStop(life);
    const end = () => {
      life.ended = true;
    };
    switch (this.#chooser.calm ? 1 : this.#chooser.pick(4)) {
      case 1:
        end();
        return;
      case 2:
        if (this.#chooser.seldom(3)) {
          end();
          throw new Error("threw in its stop");
        }
        return Promise.resolve().then(end);
      default:
        return this.#later(life, "stop", end);
    }
  }

  #healthy(life: Life): boolean | Promise<boolean> {
    const asked = [...this.pending].some((pending) => pending.life === life && pending.what === "health");
    if (asked) this.#surroundings.violated(`${life.name} is asked for its health while it has not answered`);
    switch (this.#chooser.calm ? 0 : this.#chooser.pick(5)) {
      case 3:
        return false;
      case 4: {
        const { promise, resolve } = Promise.withResolvers<boolean>();
        const answer = (ok: boolean) => () => {
          this.pending.delete(pending);
          resolve(ok);
        };
        const pending: Pending = { life, what: "health", succeed: answer(true), fail: answer(false) };
        this.pending.add(pending);
        return promise;
      }
      default:
        return true;
    }
  }

  /** Settled by the scheduler, or by the signal when it is heard. */
  #later(
    life: Life,
    what: "start" | "run" | "stop",
    settle: (how: "well" | "badly") => void,
    heard?: AbortSignal,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const finish = (how: "well" | "badly") => () => {
      if (!this.pending.delete(pending)) return;
      settle(how);
      if (how === "well") resolve();
      else reject(new Error(`${what} of ${life.name} failed`));
    };
    const pending: Pending = { life, what, succeed: finish("well"), fail: finish("badly") };
    this.pending.add(pending);
    const listen = () => (what === "run" ? pending.succeed() : pending.fail());
    if (heard?.aborted) listen();
    else heard?.addEventListener("abort", listen);
    return promise;
  }

  done(life: Life): void {
    if (!isAsked(life)) life.doneCalled = true;
    life.context?.done();
  }

  /** A child of that life, from whatever moment on; one of a life that has been asked to stop must be refused. */
  spawn(life: Life): void {
    const { context, part } = life;
    if (context === undefined) return;
    const maySpawn = typeof part.options.spawns === "object";
    const child: Part = {
      name: `child${++this.spawned}`,
      scope: part.scope,
      needs: part.needs.slice(0, this.#chooser.pick(2)),
      wants: [],
      after: [],
      // What it takes to stop, its own children included, is within what its parent grants.
      options: {
        ...part.options,
        critical: false,
        stopTimeout: Math.min(part.options.stopTimeout ?? 0, life.parent === undefined ? 1_500 : 500),
        spawns: life.parent === undefined ? { stopTimeout: 500 } : false,
      },
      loops: this.#chooser.seldom(2),
      checksHealth: false,
    };
    const asked = context.signal.aborted;
    try {
      const handle = context.spawn(definitionOf(child, 0, (making) => this.make(making, life)));
      if (asked || !maySpawn) this.#surroundings.violated(`${life.name} was allowed to spawn`);
      if (this.#chooser.seldom(4)) this.removals.push({ child: handle.name, gone: handle.remove("not wanted") });
    } catch (error) {
      if (!(error instanceof CompositionError)) throw error;
      if (!asked && maySpawn && part.needs.length === 0) {
        this.#surroundings.violated(`${life.name} was refused a child: ${error.message}`);
      }
    }
  }
}
