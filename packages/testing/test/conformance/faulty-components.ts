import { EventEmitter, once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Component, type ComponentDefinition, type ComponentOptions, defineComponent } from "@tenure/core";
import type { ConformanceCaseName } from "@tenure/testing";
import { storeToken } from "./good-components.ts";

/** A component with one fault. */
export interface Fault {
  readonly fault: string;
  readonly component: ComponentDefinition;
  /** The case that is named for it. */
  readonly caughtBy: ConformanceCaseName;
  /** What its message says, as the place of the fault. */
  readonly says: RegExp;
  /** Cases that fail besides, since they cannot pass with this fault. */
  readonly besides?: readonly ConformanceCaseName[];
  /** Cases that cannot be checked, since they need what does not work. */
  readonly others?: "any";
  /** Default 100. */
  readonly terms?: number;
}

const instance = (create: () => Component, options: ComponentOptions & { scope?: string } = {}) =>
  defineComponent({ name: "faulty", scope: "leader", startTimeout: 150, stopTimeout: 100, ...options, create });

const never = () => new Promise<never>(() => {});
const registry: object[] = [];
const ballast: number[][] = [];
const bus = new EventEmitter().setMaxListeners(0);
let opened = false;
const single: Component = { start() {} };

export const faults: readonly Fault[] = [
  {
    fault: "a start that hangs",
    component: instance(() => ({ start: never })),
    caughtBy: "starts",
    says: /did not start within its startTimeout of 150 ms/,
    others: "any",
  },
  {
    fault: "a start that fails",
    component: instance(() => ({ start: () => Promise.reject(new Error("no such table")) })),
    caughtBy: "starts",
    says: /failed to start: no such table/,
    others: "any",
  },
  {
    fault: "a stop that hangs",
    component: instance(() => ({ start() {}, stop: never })),
    caughtBy: "stops within its deadline",
    says: /did not stop within its stopTimeout of 100 ms/,
    others: "any",
  },
  {
    fault: "a loop that ignores its signal",
    component: instance(() => ({
      async run() {
        for (;;) await sleep(1_000, undefined, { ref: false });
      },
    })),
    caughtBy: "stops within its deadline",
    says: /did not end its run within its stopTimeout/,
    others: "any",
  },
  {
    fault: "a start that ignores its signal",
    component: instance(() => ({ start: () => sleep(300) }), { startTimeout: 1_000 }),
    caughtBy: "ends when it is asked to stop in the middle of its start",
    says: /did not settle its start within its stopTimeout of 100 ms, asked in the middle/,
    terms: 3,
    besides: ["leaves no timers, sockets or processes behind", "leaves no error unhandled"],
  },
  {
    fault: "a stop that needs what an aborted start has not made",
    component: instance(() => {
      let timer: NodeJS.Timeout | undefined;
      return {
        async start({ signal }) {
          await sleep(5, undefined, { signal });
          timer = setInterval(() => {}, 1_000);
        },
        stop() {
          if (timer === undefined) throw new TypeError("there is no timer");
          clearInterval(timer);
        },
      };
    }),
    caughtBy: "ends when it is asked to stop in the middle of its start",
    says: /failed to stop, asked in the middle of its start: there is no timer/,
    besides: ["leaves no timers, sockets or processes behind", "leaves no error unhandled"],
  },
  {
    fault: "a stop that hangs after a start that failed",
    component: defineComponent({
      name: "faulty",
      scope: "leader",
      stopTimeout: 100,
      needs: { store: storeToken },
      create: ({ store }) => {
        const ready = Promise.withResolvers<void>();
        return {
          async start() {
            await store.write();
            ready.resolve();
          },
          stop: () => ready.promise,
        };
      },
    }),
    caughtBy: "stops after a start that failed",
    says: /after its start had failed \(the conformance suite lets store.write\(\) fail\)/,
  },
  {
    fault: "state in its module that breaks the second life",
    component: instance(() => ({
      start() {
        if (opened) throw new Error("it is open already");
        opened = true;
      },
    })),
    caughtBy: "starts again as a fresh instance",
    says: /does not start again: .*it is open already/,
    others: "any",
  },
  {
    fault: "one instance for all lives",
    component: instance(() => single),
    caughtBy: "starts again as a fresh instance",
    says: /made once and handed out again/,
    besides: ["survives many terms without growing"],
  },
  {
    fault: "a health check that hangs",
    component: instance(() => ({ start() {}, healthy: never }), { health: { timeout: 50 } }),
    caughtBy: "answers for its health in time",
    says: /within 50 ms/,
  },
  {
    fault: "a health check that answers with something else",
    component: instance(() => ({ start() {}, healthy: () => "fine" as unknown as boolean })),
    caughtBy: "answers for its health in time",
    says: /answered "fine"/,
  },
  {
    fault: "an interval that is never cleared",
    component: instance(() => ({
      start: function poll() {
        setInterval(() => {}, 1_000);
      },
    })),
    caughtBy: "leaves no timers, sockets or processes behind",
    says: /Timeout made at .*poll \(.*faulty-components\.ts:\d+/,
    besides: ["survives many terms without growing"],
  },
  {
    fault: "a timer in a child that is never cleared",
    component: instance(
      () => ({
        start({ spawn }) {
          spawn(instance(() => ({ start: () => void setInterval(() => {}, 1_000).unref() }), { scope: "leader" }));
        },
      }),
      { spawns: true },
    ),
    caughtBy: "leaves no timers, sockets or processes behind",
    says: /Timeout made at .*faulty-components\.ts:\d+/,
    besides: ["survives many terms without growing"],
  },
  {
    fault: "a server that is never closed",
    component: instance(
      () => ({
        async start() {
          const server = createServer().listen({ host: "127.0.0.1", port: 0 });
          await once(server, "listening");
        },
      }),
      { scope: "process" },
    ),
    caughtBy: "leaves no timers, sockets or processes behind",
    says: /TCPSERVERWRAP made at .*faulty-components\.ts:\d+/,
    besides: ["survives many terms without growing"],
  },
  {
    fault: "a timer that an aborted start leaves",
    component: instance(() => {
      let poll: NodeJS.Timeout | undefined;
      let timeout: NodeJS.Timeout | undefined;
      return {
        async start({ signal }) {
          timeout = setTimeout(() => {}, 60_000);
          await sleep(2, undefined, { signal });
          clearTimeout(timeout);
          poll = setInterval(() => {}, 1_000);
        },
        stop: () => clearInterval(poll),
      };
    }),
    caughtBy: "leaves no timers, sockets or processes behind",
    says: /Timeout made at .*faulty-components\.ts:\d+/,
  },
  {
    fault: "a listener left on process",
    component: instance(() => ({ start: () => void process.on("SIGHUP", function onHangup() {}) })),
    caughtBy: "leaves no listeners behind",
    says: /left listeners on process: 1 for "SIGHUP"/,
    besides: ["leaves no timers, sockets or processes behind", "survives many terms without growing"],
  },
  {
    fault: "a listener left on the signal of its term",
    component: instance(() => ({
      start: ({ term }) => term.signal.addEventListener("abort", () => {}, { once: true }),
    })),
    caughtBy: "leaves no listeners behind",
    says: /left 1 listener on its term\.signal/,
  },
  {
    fault: "a listener on its signal for every piece of work",
    component: instance(() => ({
      start({ signal }) {
        for (let piece = 0; piece < 20; piece++) signal.addEventListener("abort", () => {});
      },
    })),
    caughtBy: "leaves no listeners behind",
    says: /has 20 listeners on its context\.signal/,
  },
  {
    fault: "a rejection that nobody handles",
    component: instance(() => ({
      start() {
        void Promise.reject(new Error("lost in the background"));
      },
    })),
    caughtBy: "leaves no error unhandled",
    says: /lost in the background/,
  },
  {
    fault: "a callback that throws after the end",
    component: instance(() => ({
      start({ signal }) {
        signal.addEventListener("abort", () => {
          setTimeout(() => {
            throw new Error("used after its end");
          }, 5);
        });
      },
    })),
    caughtBy: "leaves no error unhandled",
    says: /used after its end/,
  },
  {
    fault: "writes that go on after the term",
    component: defineComponent({
      name: "faulty",
      scope: "leader",
      needs: { store: storeToken },
      create: ({ store }) => {
        let left = 30;
        const next = async (): Promise<void> => {
          if (left-- === 0) return;
          await store.write();
          return next();
        };
        return { start: () => void next() };
      },
    }),
    caughtBy: "writes nothing after its term has ended",
    says: /wrote \d+ times after its term had ended/,
    // Whatever it still does takes longer than the grace on a busy machine.
    besides: [
      "leaves no error unhandled",
      "leaves no timers, sockets or processes behind",
      "survives many terms without growing",
    ],
  },
  {
    fault: "instances that a list in the module keeps",
    component: instance(() => {
      const made = { start: () => void registry.push(made) };
      return made;
    }),
    caughtBy: "survives many terms without growing",
    says: /can still be reached in 100 of its 100 instances/,
  },
  {
    fault: "a subscription that is never ended",
    component: instance(() => {
      const made = { start: () => void bus.on("change", () => made) };
      return made;
    }),
    caughtBy: "survives many terms without growing",
    says: /can still be reached in 100 of its 100 instances/,
  },
  {
    fault: "a cache in the module that grows with every term",
    component: instance(() => ({
      start: () => void ballast.push(Array.from({ length: 5_000 }, (_, index) => index + 0.5)),
    })),
    caughtBy: "survives many terms without growing",
    says: /keeps \d+ kB more after 80 further terms/,
  },
];
