import { VirtualClock } from "@tenure/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Timers } from "../src/supervisor/timers.ts";

const start = 1_000_000;

function timersUnderTest(onFired: (component: string, at: number) => void = () => {}) {
  const clock = new VirtualClock(start);
  const fired: string[] = [];
  const timers = new Timers(clock, (component, kind, at) => {
    fired.push(`${component} ${kind} ${at - start} at ${clock.now() - start}`);
    onFired(component, at);
    timers.flush();
  });
  const set = (component: string, delay: number) => timers.set(component, "phase", clock.now() + delay);
  return { clock, fired, timers, set };
}

describe("the supervisor's timers", () => {
  test("each fires once, at its time, in the order of their times", async () => {
    const { clock, fired, timers, set } = timersUnderTest();
    set("a", 30);
    set("b", 10);
    set("c", 20);
    set("d", 10);
    timers.set("b", "outage", start + 15);
    timers.flush();
    await clock.advance(100);
    expect(fired).toEqual([
      "b phase 10 at 10",
      "d phase 10 at 10",
      "b outage 15 at 15",
      "c phase 20 at 20",
      "a phase 30 at 30",
    ]);
  });

  test("need one timer of the clock, however many they are, and none when all are cleared", () => {
    const { clock, timers, set } = timersUnderTest();
    for (let index = 0; index < 100; index++) set(`c${index}`, 1_000 + index);
    timers.flush();
    expect(clock.pending).toBe(1);
    for (let index = 0; index < 100; index++) timers.clear(`c${index}`, "phase");
    timers.flush();
    expect(clock.pending).toBe(0);
  });

  test("what is set and cleared within one turn never reaches the clock", () => {
    const { clock, timers, set } = timersUnderTest();
    const timersMade: number[] = [];
    const make = clock.setTimer.bind(clock);
    clock.setTimer = (delay, callback) => {
      timersMade.push(delay);
      return make(delay, callback);
    };
    set("a", 1_000);
    timers.clear("a", "phase");
    timers.flush();
    expect(timersMade).toEqual([]);
  });

  test("an earlier one that is set later fires at its own time", async () => {
    const { clock, fired, timers, set } = timersUnderTest();
    set("late", 1_000);
    timers.flush();
    set("early", 10);
    timers.flush();
    await clock.advance(500);
    expect(fired).toEqual(["early phase 10 at 10"]);
    await clock.advance(500);
    expect(fired).toEqual(["early phase 10 at 10", "late phase 1000 at 1000"]);
  });

  test("one that is due at once again and again leaves others their turn", async () => {
    let again = 0;
    const { clock, fired, timers, set } = timersUnderTest((component, at) => {
      if (component === "greedy" && again++ < 50) timers.set("greedy", "phase", at);
    });
    set("greedy", 10);
    set("other", 10);
    timers.flush();
    clock.setTimer(10, () => fired.push("a timer of somebody else"));
    await clock.advance(10);
    expect(fired.slice(0, 3)).toEqual(["greedy phase 10 at 10", "other phase 10 at 10", "a timer of somebody else"]);
    expect(fired).toHaveLength(53);
  });

  test("many that are set and cleared take nothing from those that are not", async () => {
    const { clock, fired, timers, set } = timersUnderTest();
    set("first", 500);
    set("last", 5_000);
    for (let round = 0; round < 1_000; round++) {
      set(`c${round % 7}`, 1_000 + (round % 11));
      if (round % 3 === 0) timers.clear(`c${round % 7}`, "phase");
      timers.flush();
    }
    for (let other = 0; other < 7; other++) timers.clear(`c${other}`, "phase");
    timers.flush();
    await clock.advance(10_000);
    expect(fired).toEqual(["first phase 500 at 500", "last phase 5000 at 5000"]);
    expect(clock.pending).toBe(0);
  });

  test("one that another clears as it fires does not fire", async () => {
    const { clock, fired, timers, set } = timersUnderTest((component) => {
      if (component === "a") timers.clear("b", "phase");
    });
    set("a", 10);
    set("b", 10);
    set("c", 10);
    timers.flush();
    await clock.advance(100);
    expect(fired).toEqual(["a phase 10 at 10", "c phase 10 at 10"]);
    expect(clock.pending).toBe(0);
  });

  test("a timer that the clock has cut short is set again for the rest", async () => {
    const { clock, fired, timers, set } = timersUnderTest();
    const make = clock.setTimer.bind(clock);
    clock.setTimer = (delay, callback) => make(Math.min(delay, 5_000), callback);
    set("far", 12_000);
    timers.flush();
    await clock.advance(11_999);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toEqual(["far phase 12000 at 12000"]);
  });

  test("for any order of setting, replacing, clearing and waiting: what is left fires, at its time, and nothing else", async () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant("set" as const), who: fc.nat(30), delay: fc.nat(200) }),
      fc.record({ do: fc.constant("clear" as const), who: fc.nat(30) }),
      fc.record({ do: fc.constant("advance" as const), by: fc.nat(60) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 400 }), async (actions) => {
        const { clock, fired, timers } = timersUnderTest();
        const wanted = new Map<string, number>();
        const expected: string[] = [];
        for (const step of actions) {
          if (step.do === "advance") {
            const end = clock.now() + step.by;
            const due = [...wanted].filter(([, at]) => at <= end);
            for (const [who, at] of due) {
              expected.push(`${who} phase ${at - start} at ${at - start}`);
              wanted.delete(who);
            }
            await clock.advance(step.by);
            continue;
          }
          const who = `c${step.who}`;
          if (step.do === "set") {
            const at = clock.now() + step.delay;
            wanted.set(who, at);
            timers.set(who, "phase", at);
          } else {
            wanted.delete(who);
            timers.clear(who, "phase");
          }
          timers.flush();
        }
        await clock.advance(1_000);
        for (const [who, at] of wanted) expected.push(`${who} phase ${at - start} at ${at - start}`);
        expect([...fired].sort()).toEqual(expected.sort());
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
