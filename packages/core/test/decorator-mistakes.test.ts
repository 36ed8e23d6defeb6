import { createToken } from "@tenure/core";
import { component, configToken, definitionOf, inject } from "@tenure/core/decorators";
import { injectWithTransform } from "tsyringe";
import { describe, expect, test } from "vitest";
import { problemsOf, textsOf } from "./composition-problems.ts";

interface Greeter {
  greet(): string;
}
const greeterToken = createToken<Greeter>("greeter");

@component({ name: "store" })
class Store {}
class Plain {}

async function mistakesOf(target: new (...args: never[]) => object) {
  return textsOf({ components: [definitionOf(target), definitionOf(Store)] });
}

/** As a tool chain that emits no metadata hands it over. */
function withoutMetadata(options: Parameters<typeof component>[0]) {
  class User {
    readonly store: unknown;
    constructor(store: unknown, _greeter: unknown) {
      this.store = store;
    }
  }
  component(options)(User);
  return User;
}

describe("a decorated class", () => {
  test("without metadata is refused for each parameter, with what helps", async () => {
    const problems = await problemsOf({ components: [definitionOf(withoutMetadata({ name: "user" }))] });
    expect(problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "TENURE_NO_METADATA: class User: parameter 1 (store) of its constructor has no type at run time: this tool chain emits no metadata of decorators",
      "TENURE_NO_METADATA: class User: parameter 2 (_greeter) of its constructor has no type at run time: this tool chain emits no metadata of decorators",
    ]);
    expect(problems[0]?.remedy).toMatch(/emitDecoratorMetadata.*@inject\(token\).*defineComponent/);
  });

  test("without metadata is right when every parameter names its token, or there is none", async () => {
    const User = withoutMetadata({ name: "user", needs: [Store], wants: [greeterToken] });
    inject(Store)(User, undefined, 0);
    inject(greeterToken)(User, undefined, 1);
    expect(await mistakesOf(User)).toEqual([]);
    class Nothing {}
    component({ name: "nothing" })(Nothing);
    expect(await mistakesOf(Nothing)).toEqual([]);
  });

  test("with a parameter that has no class at run time is refused", async () => {
    @component({ name: "user", wants: [greeterToken] })
    class User {
      readonly all: readonly unknown[];
      constructor(greeter: Greeter, size: number, words: string[], run: () => void) {
        this.all = [greeter, size, words, run];
      }
    }
    expect(await mistakesOf(User)).toEqual([
      "TENURE_NO_METADATA: class User: parameter 1 (greeter) of its constructor has no class at run time: its type is an interface, or is imported by `import type`",
      "TENURE_NO_METADATA: class User: parameter 2 (size) of its constructor is of type Number, which says nothing of what to inject",
      "TENURE_NO_METADATA: class User: parameter 3 (words) of its constructor is of type Array, which says nothing of what to inject",
      "TENURE_NO_METADATA: class User: parameter 4 (run) of its constructor is of type Function, which says nothing of what to inject",
    ]);
  });

  test("with a class that was not there yet is refused", async () => {
    const User = withoutMetadata({ name: "user", needs: [undefined as never, Store] });
    Reflect.defineMetadata("design:paramtypes", [undefined, Store], User);
    expect(await mistakesOf(User)).toEqual([
      "TENURE_BAD_OPTION: class User: needs[0] is undefined",
      "TENURE_NO_METADATA: class User: parameter 1 (store) of its constructor has a class that was not there yet when it was named",
    ]);
  });

  test("that takes a component which it does not need is refused: it would get one that nobody supervises", async () => {
    @component({ name: "user" })
    class User {
      readonly store: Store;
      constructor(store: Store) {
        this.store = store;
      }
    }
    expect(await mistakesOf(User)).toEqual([
      'TENURE_BAD_OPTION: class User: parameter 1 (store) of its constructor is the component "store", which is not among its needs',
    ]);
  });

  test("that takes what it only wants as if it were always there is refused", async () => {
    @component({ name: "user", wants: [Store] })
    class User {
      readonly store: Store;
      constructor(store: Store) {
        this.store = store;
      }
    }
    const [problem] = await problemsOf({ components: [definitionOf(User), definitionOf(Store)] });
    expect(problem?.message).toMatch(/is a Store, which is among its wants/);
    expect(problem?.remedy).toMatch(/@inject\(Store\) store: LiveReference<Store>/);
  });

  test("with names that nothing has is refused, all of them at once", async () => {
    @component({ name: "user", needs: [greeterToken, Plain], wants: [greeterToken] })
    class User {
      readonly all: readonly unknown[];
      constructor(
        @inject("greter") a: unknown,
        @inject(configToken) b: unknown,
        @injectWithTransform(
          Store,
          class {
            transform() {}
          },
        )
        c: unknown,
      ) {
        this.all = [a, b, c];
      }
    }
    expect((await mistakesOf(User)).filter((text) => !text.includes("MISSING"))).toEqual([
      "TENURE_BAD_OPTION: class User: needs[1] is class Plain, which is no component's",
      'TENURE_BAD_OPTION: class User has "greeter" among its needs and its wants',
      'TENURE_BAD_OPTION: class User: parameter 1 (a) of its constructor is to be given "greter", which is neither among its needs and wants nor registered with tsyringe; did you mean "greeter"?',
      "TENURE_BAD_OPTION: class User: parameter 2 (b) of its constructor is its configuration, which it was not given",
      'TENURE_BAD_OPTION: class User: parameter 3 (c) of its constructor is the component "store", which is not among its needs',
    ]);
  });

  test("has its options checked like any other", async () => {
    class User {}
    component({ name: "user", stopTimeout: -1, health: { threshold: 0 } })(User);
    expect(await mistakesOf(User)).toHaveLength(2);
  });
});
