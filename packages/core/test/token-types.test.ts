import {
  type Component,
  type ComponentDefinition,
  type ConfigInCode,
  createToken,
  defineComponent,
  defineLease,
  definePlugin,
  duration,
  type LiveReference,
  type Token,
} from "@tenure/core";
import { FakeLease } from "@tenure/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";

interface Cache {
  get(key: string): string;
}
interface Clock2 {
  readonly hour: number;
}
const cacheToken = createToken<Cache>("cache");
const clockToken = createToken<Clock2>("clock");

// Checked by the compiler with the tests' sources; what is expected to be an error and is none, is one.
describe("the types of tokens", () => {
  test("what is needed and wanted is what create receives", () => {
    const provider = defineComponent({ name: "provider", create: () => ({ answer: (): number => 42 }) });
    expectTypeOf(provider).toExtend<ComponentDefinition<{ answer(): number }>>();
    const definition = defineComponent({
      name: "user",
      needs: { cache: cacheToken, provider },
      wants: { clock: clockToken },
      create: (needs, wants, scope) => {
        expectTypeOf(needs.cache).toEqualTypeOf<Cache>();
        expectTypeOf(needs.provider.answer()).toEqualTypeOf<number>();
        expectTypeOf(wants.clock).toEqualTypeOf<LiveReference<Clock2>>();
        expectTypeOf(wants.clock.current).toEqualTypeOf<Clock2 | undefined>();
        expectTypeOf(scope.term.token).toEqualTypeOf<number>();
        // @ts-expect-error it was not named
        needs.clock;
        // @ts-expect-error a want may be empty
        () => wants.clock.current.hour;
        () => {
          // @ts-expect-error what is injected is not to be replaced
          needs.cache = { get: () => "" };
        };
        return {};
      },
    });
    expect(definition.name).toBe("user");
  });

  test("what create makes is what is provided, and a component", () => {
    defineComponent({ name: "right", provides: cacheToken, create: () => ({ get: (key) => key }) });
    // @ts-expect-error it does not provide what it says
    defineComponent({ name: "wrong", provides: cacheToken, create: () => ({ get: (key: number) => key }) });
    // @ts-expect-error start takes a context
    defineComponent({ name: "wrong", create: () => ({ start: (count: number) => void count }) });
    // @ts-expect-error stop does not return a number
    defineComponent({ name: "wrong", create: (): Component => ({ stop: () => 5 }) });
    // @ts-expect-error there is no such option
    defineComponent({ name: "wrong", stopTimout: 5, create: () => ({}) });
    // @ts-expect-error a need is a token
    defineComponent({ name: "wrong", needs: { cache: "cache" }, create: () => ({}) });
    // @ts-expect-error of the modes there are three
    defineComponent({ name: "wrong", restart: { mode: "sometimes" }, create: () => ({}) });
    // @ts-expect-error a token of something else
    const token: Token<Cache> = clockToken;
    expect(token).toBe(clockToken);
  });

  test("a plugin's options are those of its schema, and what it contributes for is what that gives", () => {
    const plugin = definePlugin({
      name: "p",
      config: z.object({ every: duration.default(5), names: z.array(z.string()).optional() }),
      contribute: (config) => {
        expectTypeOf(config).toEqualTypeOf<{ every: number; names?: string[] | undefined }>();
        return {};
      },
    });
    plugin({ every: "15s" });
    plugin({ every: 15 });
    // @ts-expect-error there is no such option
    plugin({ evry: 15 });
    // @ts-expect-error of another type
    plugin({ names: "a" });
    const bare = definePlugin({ name: "bare", contribute: () => ({}) });
    // @ts-expect-error it takes none
    bare({ a: 1 });
    // @ts-expect-error it must not wait
    definePlugin({ name: "q", contribute: async () => ({}) });
    // @ts-expect-error there is no such part
    definePlugin({ name: "q", contribute: () => ({ component: [] }) });
    // @ts-expect-error a configuration that was not awaited
    const config: ConfigInCode = Promise.resolve({});
    expect(config).toBeInstanceOf(Promise);
  });

  test("a lease is given what it needs", () => {
    const lease = new FakeLease();
    defineLease({
      name: "l",
      timing: lease.timing,
      needs: { cache: cacheToken },
      create: ({ cache }) => {
        expectTypeOf(cache).toEqualTypeOf<Cache>();
        return lease;
      },
    });
  });
});
