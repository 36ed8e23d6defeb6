import { createToken, defineComponent } from "@tenure/core";
import { settled, startTestController } from "@tenure/testing";
import { describe, expect, expectTypeOf, test } from "vitest";

interface Cache {
  get(key: string): string;
}

describe("injection", () => {
  test("what is needed is what is injected, typed", async () => {
    const cacheToken = createToken<Cache>("cache");
    const cache = defineComponent({
      name: "memory-cache",
      provides: cacheToken,
      create: () => ({ get: (key: string) => `value of ${key}` }),
    });
    let seen: string | undefined;
    const user = defineComponent({
      name: "user",
      needs: { cache: cacheToken },
      create: (needs) => {
        expectTypeOf(needs.cache).toEqualTypeOf<Cache>();
        return {
          start() {
            seen = needs.cache.get("a");
          },
        };
      },
    });
    await using _ = await startTestController({ components: [user, cache] });
    expect(seen).toBe("value of a");
  });

  test("a want empties and fills with its provider", async () => {
    const provider = defineComponent({
      name: "provider",
      scope: "leader",
      create: () => ({ answer: () => 42 }),
    });
    let ask: () => number | undefined = () => undefined;
    const user = defineComponent({
      name: "user",
      wants: { provider },
      create: (_, wants) => {
        ask = () => wants.provider.current?.answer();
        return {};
      },
    });
    await using t = await startTestController({ components: [provider, user] });
    expect(ask()).toBeUndefined();
    await t.grant();
    expect(ask()).toBe(42);
    t.lease.take();
    await settled();
    expect(ask()).toBeUndefined();
  });
});
