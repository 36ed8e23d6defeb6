import {
  type Clock,
  type Component,
  type ComponentContext,
  createToken,
  defineComponent,
  definePlugin,
  type LiveReference,
  type Term,
} from "@tenure/core";
import { clockToken, component, configToken, definitionOf, inject, termToken } from "@tenure/core/decorators";
import { settled, startTestController } from "@tenure/testing";
import { injectable, Lifecycle, scoped, singleton, container as tsyringe } from "tsyringe";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { collectGarbage } from "./collect-garbage.ts";

interface Greeter {
  greet(): string;
}
const greeterToken = createToken<Greeter>("greeter");

@component({ name: "store", scope: "leader" })
class Store {
  readonly words = ["hello"];
}

@component({ name: "greeter", scope: "leader", provides: greeterToken, needs: [Store] })
class StoreGreeter implements Greeter {
  readonly #store: Store;
  constructor(store: Store) {
    this.#store = store;
  }
  greet() {
    return this.#store.words.join(" ");
  }
}

const greetings: string[] = [];

@component({ name: "user", scope: "leader", needs: [greeterToken] })
class User implements Component {
  readonly #greeter: Greeter;
  constructor(@inject(greeterToken) greeter: Greeter) {
    this.#greeter = greeter;
  }
  start() {
    greetings.push(this.#greeter.greet());
    // What a term learnt must not be there in the next.
    (this.#greeter as unknown as { greet: () => string }).greet = () => "stale";
  }
}

describe("decorated components", () => {
  test("are constructed with what they need, by class and by token, anew for every term", async () => {
    await using t = await startTestController({
      components: [definitionOf(User), definitionOf(StoreGreeter), definitionOf(Store)],
    });
    await t.grant();
    await t.take();
    await t.grant();
    expect(greetings).toEqual(["hello", "hello"]);
  });

  test("stand beside defined ones, which need them by their definitions, typed", async () => {
    let seen: readonly string[] = [];
    const user = defineComponent({
      name: "plain",
      scope: "leader",
      needs: { store: definitionOf(Store), greeter: greeterToken },
      create: ({ store, greeter }) => {
        expectTypeOf(store).toEqualTypeOf<Store>();
        return {
          start() {
            seen = [...store.words, greeter.greet()];
          },
        };
      },
    });
    await using t = await startTestController({
      components: [user, definitionOf(StoreGreeter), definitionOf(Store)],
    });
    await t.grant();
    expect(seen).toEqual(["hello", "hello"]);
    expect(definitionOf(Store)).toBe(definitionOf(Store));
  });

  test("take every option of defineComponent, with the same defaults", () => {
    const options = {
      name: "x",
      scope: "leader",
      startTimeout: 5,
      stopTimeout: 6,
      health: { interval: 1, timeout: 2, threshold: 3 },
      restart: { mode: "always", backoff: { base: 1 }, intensity: { restarts: 1, within: 2 } },
      onFailure: "exit",
      critical: { within: 5 },
      spawns: true,
    } as const;
    class X {}
    component(options)(X);
    class Y {}
    component({ name: "y" })(Y);
    expect(definitionOf(X).policy).toEqual(defineComponent({ ...options, create: () => ({}) }).policy);
    expect(definitionOf(Y).policy).toEqual(defineComponent({ name: "y", create: () => ({}) }).policy);
    expect(definitionOf(Y).scope).toBe("process");
  });

  test("receive what they want as live references, by class and by token", async () => {
    const seen: unknown[] = [];
    @component({ name: "watcher", wants: [Store, greeterToken], after: [Store] })
    class Watcher {
      readonly store: LiveReference<Store>;
      constructor(
        @inject(Store) store: LiveReference<Store>,
        @inject(greeterToken) readonly_greeter: LiveReference<Greeter>,
      ) {
        this.store = store;
        store.subscribe((current) => seen.push(current?.words[0]));
        seen.push(readonly_greeter.current);
      }
    }
    // An order to a lease cannot be kept by what is of the process.
    expect(definitionOf(Watcher).after.map(({ name }) => name)).toEqual(["store"]);
    const definition = { ...definitionOf(Watcher), after: [] };
    await using t = await startTestController({ components: [definition, definitionOf(Store)] });
    expect(seen).toEqual([undefined]);
    await t.grant();
    await t.take();
    expect(seen).toEqual([undefined, "hello", undefined]);
  });

  test("receive their term, the clock, and the configuration that restarts them when it changes, in the plugin's scope", async () => {
    const made: [Term, Clock, unknown][] = [];
    @component({ name: "configured" })
    class Configured {
      constructor(
        @inject(termToken) term: Term,
        @inject(clockToken) clock: Clock,
        @inject(configToken) config: { readonly size: number },
      ) {
        made.push([term, clock, config.size]);
      }
    }
    const plugin = definePlugin({
      name: "p",
      config: z.object({ size: z.number().default(1), other: z.number().default(1) }),
      contribute: ({ size }) => ({ components: [definitionOf(Configured, { scope: "leader", config: { size } })] }),
    });
    await using t = await startTestController({ plugins: [plugin()] });
    await t.grant();
    expect(made).toHaveLength(1);
    expect(made[0]?.[0]).toMatchObject({ lease: "leader", number: 1 });
    expect(made[0]?.slice(1)).toEqual([t.clock, 1]);
    expect((await t.controller.reconfigure({ p: { other: 2 } })).changed).toEqual([]);
    expect((await t.controller.reconfigure({ p: { size: 3 } })).changed).toEqual(["configured"]);
    await settled();
    expect(made.map(([, , size]) => size)).toEqual([1, 3]);
  });

  test("inherit the constructor of the class above, and may have one of their own", async () => {
    const made: string[] = [];
    @component({ name: "base", scope: "leader", needs: [Store] })
    class Base {
      constructor(store: Store) {
        made.push(`${new.target.name} ${store.words[0]}`);
      }
    }
    @component({ name: "derived", scope: "leader", needs: [Store] })
    class Derived extends Base {}
    @component({ name: "own", scope: "leader", needs: [] })
    class Own extends Base {
      constructor() {
        super({ words: ["own"] });
      }
    }
    await using t = await startTestController({
      components: [Store, Base, Derived, Own].map((one) => definitionOf(one)),
    });
    await t.grant();
    expect(made.sort()).toEqual(["Base hello", "Derived hello", "Own own"]);
  });

  test("an undecorated class is refused by name", () => {
    class Plain {}
    expect(() => definitionOf(Plain)).toThrow(/the function Plain is no component's class/);
  });

  test("types: what is provided must be what the class is, and a definition is a token of its class", () => {
    // @ts-expect-error a Store does not greet
    component({ name: "x", provides: greeterToken })(class extends Store {});
    // @ts-expect-error an option that there is not
    component({ name: "x", stopTimout: 5 });
    expectTypeOf(definitionOf(Store).$type).toEqualTypeOf<Store | undefined>();
  });
});

@injectable()
class Helper {
  disposed = false;
  dispose() {
    this.disposed = true;
  }
}

@singleton()
class Shared {
  disposed = false;
  dispose() {
    this.disposed = true;
  }
}

@scoped(Lifecycle.ContainerScoped)
@injectable()
class OfOneInstance {
  readonly users: string[] = [];
}

describe("what tsyringe makes for components", () => {
  const made: {
    helper: Helper;
    shared: Shared;
    one: OfOneInstance;
    other: OfOneInstance;
    flag: unknown;
    many: unknown;
  }[] = [];

  @component({ name: "helped", scope: "leader" })
  class Helped {
    disposed = false;
    constructor(helper: Helper, shared: Shared, one: OfOneInstance, other: OfOneInstance) {
      made.push({ helper, shared, one, other, flag: undefined, many: undefined });
    }
    dispose() {
      this.disposed = true;
    }
  }

  test("is of one instance, unless it is a singleton, and nothing is disposed of", async () => {
    await using t = await startTestController({ components: [definitionOf(Helped)] });
    await t.grant();
    await t.take();
    await t.grant();
    const [first, second] = made;
    expect(first?.helper).not.toBe(second?.helper);
    expect(first?.shared).toBe(second?.shared);
    expect(first?.one).toBe(first?.other);
    expect(first?.one).not.toBe(second?.one);
    await t.controller.stop();
    expect([first?.shared.disposed, first?.helper.disposed, second?.helper.disposed]).toEqual([false, false, false]);
    await settled();
    expect(tsyringe.resolve(Shared)).toBe(first?.shared);
  });

  test("cannot be given a component, which a singleton would keep for later terms", async () => {
    @singleton()
    class Keeper {
      readonly store: Store;
      constructor(store: Store) {
        this.store = store;
      }
    }
    @component({ name: "keeps", scope: "leader", needs: [Store] })
    class Keeps {
      readonly keeper: Keeper;
      constructor(keeper: Keeper) {
        this.keeper = keeper;
      }
    }
    await using t = await startTestController({ components: [definitionOf(Keeps), definitionOf(Store)] });
    await t.grant();
    const { reason } = t.controller.snapshot().components.find(({ name }) => name === "keeps")!;
    expect(t.phaseOf("keeps")).toBe("backoff");
    expect(reason.text).toMatch(/class Store is a component, which only components can be given/);
    expect(() => tsyringe.resolve(Store)).toThrow(/class Store is a component/);
  });

  test("that contains itself fails the start of that component, and of no other", async () => {
    tsyringe.register("circle", { useFactory: (container) => container.resolve("circle") });
    @component({ name: "round", scope: "leader" })
    class Round {
      constructor(@inject("circle") readonly_circle: unknown) {
        void readonly_circle;
      }
    }
    await using t = await startTestController({ components: [definitionOf(Round), definitionOf(Store)] });
    await t.grant();
    expect([t.phaseOf("round"), t.phaseOf("store")]).toEqual(["backoff", "running"]);
  });
});

describe("a thousand terms", () => {
  test("leave no instance and nothing that was made for one behind", async () => {
    const references: WeakRef<object>[] = [];
    @component({ name: "counted", scope: "leader", needs: [Store] })
    class Counted implements Component {
      readonly parts: readonly object[];
      constructor(store: Store, helper: Helper, one: OfOneInstance, @inject(termToken) term: Term) {
        this.parts = [store, helper, one];
        references.push(new WeakRef(this), new WeakRef(helper), new WeakRef(one), new WeakRef(term));
      }
      start({ signal }: ComponentContext) {
        signal.addEventListener("abort", () => {});
      }
      dispose() {}
    }
    await using t = await startTestController({ components: [definitionOf(Counted), definitionOf(Store)] });
    for (let term = 0; term < 1_000; term++) {
      await t.grant();
      await t.take();
    }
    expect(references).toHaveLength(4_000);
    await settled();
    collectGarbage();
    await settled();
    collectGarbage();
    const left = references.filter((reference) => reference.deref() !== undefined);
    // Of the last term a log or a register may tell.
    expect(left.length).toBeLessThanOrEqual(8);
  });
});
