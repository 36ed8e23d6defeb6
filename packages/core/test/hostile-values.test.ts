import {
  createController,
  defineComponent,
  describeError,
  type LiveReference,
  type Logger,
  silentLogger,
} from "@tenure/core";
import { FakeLease, settled, startTestController, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { collectGarbage } from "./collect-garbage.ts";
import { Probes } from "./probe-component.ts";

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const throwing = {
  toString() {
    throw new Error("no text either");
  },
};

class Unreadable extends Error {
  override get message(): string {
    throw new Error("no message");
  }
}

/** Everything that may be thrown. */
const values: readonly (readonly [string, () => unknown])[] = [
  ["an object without a prototype", () => Object.create(null)],
  ["a revoked proxy", revoked],
  ["a toString that throws", () => throwing],
  ["a message that throws", () => new Unreadable()],
  ["a symbol", () => Symbol("s")],
  ["undefined", () => undefined],
  ["null", () => null],
];

describe.each(values)("%s that is thrown", (_what, make) => {
  test("is described in words", () => {
    expect(typeof describeError(make())).toBe("string");
  });

  test.each(["throws", "rejects"] as const)("by a start that %s is a failed start", async (how) => {
    const probes = new Probes();
    const a = probes.define("a", {
      start: () => {
        if (how === "throws") throw make();
        return Promise.reject(make());
      },
      restart: { mode: "never" },
    });
    await using t = await startTestController({ components: [a] });
    await t.grant();
    expect(t.phaseOf("a")).toBe("failed");
    expect(t.exited).toBeUndefined();
  });
});

const failingLogger: Logger = {
  ...silentLogger,
  error() {
    throw new Error("the disk is full");
  },
};

test("a logger that throws does not keep the process from ending when a stop hangs", async () => {
  const exits: number[] = [];
  const clock = new VirtualClock();
  const stuck = defineComponent({ name: "a", stopTimeout: 100, create: () => ({ stop: () => new Promise(() => {}) }) });
  const controller = await createController({
    components: [stuck],
    clock,
    logger: failingLogger,
    exit: (code) => exits.push(code),
  });
  controller.start();
  await settled();
  void controller.stop();
  await clock.advance(200).catch(() => {});
  expect(exits).toEqual([70]);
});

test("a logger that throws does not keep a bug of an elector's from ending the process", async () => {
  const exits: number[] = [];
  const clock = new VirtualClock();
  const lease = new FakeLease();
  const twice = {
    ...lease.definition,
    create: (...given: Parameters<typeof lease.definition.create>) => {
      const elector = lease.definition.create(...given);
      return Object.assign(Object.create(elector), {
        campaign(listener: Parameters<typeof elector.campaign>[0]) {
          // Two grants of one term are what no elector may do.
          queueMicrotask(() => {
            const grant = { number: 1, token: 1, validity: { number: 1, deadline: clock.now() + 10_000 } };
            listener.granted(grant);
            listener.granted(grant);
          });
        },
      });
    },
  };
  const controller = await createController({
    leases: [twice],
    clock,
    logger: failingLogger,
    exit: (code) => exits.push(code),
  });
  // What the logger throws leaves by the elector's call.
  const ignore = () => {};
  process.on("uncaughtException", ignore);
  controller.start();
  await settled();
  await new Promise((resolve) => setImmediate(resolve));
  process.off("uncaughtException", ignore);
  expect(exits).toEqual([71]);
});

describe("a live reference of an instance that has ended", () => {
  test("is empty, takes no listener, and does not reach what runs in the next term", async () => {
    const probes = new Probes();
    const references: LiveReference<unknown>[] = [];
    const provider = probes.define("provider", { scope: "process" });
    const user = defineComponent({
      name: "user",
      scope: "leader",
      wants: { provider: { name: "provider" } },
      create: (_needs, wants) => {
        references.push(wants.provider);
        return {};
      },
    });
    await using t = await startTestController({ components: [provider, user] });
    await t.grant();
    expect(references[0]?.current).toBeDefined();
    await t.take();
    await t.grant();
    expect(references[1]?.current).toBeDefined();
    expect(references[0]?.current).toBeUndefined();
    let told = 0;
    references[0]?.subscribe(() => told++);
    probes.contextOf("provider").fail(new Error("again"));
    await t.clock.advance(10_000);
    expect(told).toBe(0);
  });

  test("keeps nothing of subscriptions that were ended before", async () => {
    const probes = new Probes();
    let reference: LiveReference<unknown> | undefined;
    const kept: WeakRef<() => void>[] = [];
    const user = defineComponent({
      name: "user",
      wants: { provider: { name: "provider" } },
      create: (_needs, wants) => {
        reference = wants.provider;
        return {};
      },
    });
    await using _ = await startTestController({ components: [probes.define("provider", { scope: "process" }), user] });
    const subscribeOnce = () => {
      const listener = () => {};
      kept.push(new WeakRef(listener));
      reference?.subscribe(listener)();
    };
    for (let count = 0; count < 10; count++) subscribeOnce();
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(kept.filter((listener) => listener.deref() !== undefined)).toEqual([]);
  });
});

test("a component that comes up and fails at the same moment again and again has no fresh start each time", async () => {
  const probes = new Probes();
  const a = probes.define("a", {
    restart: { backoff: { base: 100, cap: 10_000, jitter: 0 }, resetAfter: 0 },
  });
  await using t = await startTestController({ components: [a] });
  await t.grant();
  for (const pause of [100, 200, 400]) {
    expect(t.phaseOf("a")).toBe("running");
    probes.contextOf("a").fail(new Error("at once"));
    await settled();
    await t.clock.advance(pause - 1);
    expect(t.phaseOf("a")).toBe("backoff");
    await t.clock.advance(1);
  }
});
