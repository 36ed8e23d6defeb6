import { type Component, createToken } from "@tenure/core";
import { component, definitionOf } from "@tenure/core/decorators";
import { startTestController } from "@tenure/testing";
import { inject } from "tsyringe";
import { describe, expect, test } from "vitest";

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
  constructor(@inject("greeter") greeter: Greeter) {
    this.#greeter = greeter;
  }
  start() {
    greetings.push(this.#greeter.greet());
    // What a term learnt must not be there in the next.
    (this.#greeter as unknown as { greet: () => string }).greet = () => "stale";
  }
}

describe("decorated components", () => {
  test("are constructed by tsyringe with what they need, anew for every term", async () => {
    await using t = await startTestController({ components: [User, StoreGreeter, Store].map(definitionOf) });
    await t.grant();
    await t.take();
    await t.grant();
    expect(greetings).toEqual(["hello", "hello"]);
  });

  test("an undecorated class is refused by name", () => {
    class Plain {}
    expect(() => definitionOf(Plain)).toThrow(/class Plain is not a component/);
  });
});
