import { VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";

describe("the virtual clock", () => {
  test("fires timers at their own times, in order, and lets promises settle between", async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.setTimer(20, () => seen.push(`b at ${clock.now()}`));
    clock.setTimer(10, () => {
      seen.push(`a at ${clock.now()}`);
      void Promise.resolve().then(() => clock.setTimer(5, () => seen.push(`c at ${clock.now()}`)));
    });
    clock.setTimer(10, () => seen.push("cancelled")).cancel();
    await clock.advance(30);
    expect(seen).toEqual(["a at 10", "c at 15", "b at 20"]);
    expect(clock.now()).toBe(30);
    expect(clock.pending).toBe(0);
  });

  test("does not go back when it is moved while it moves", async () => {
    const clock = new VirtualClock(0);
    const short = clock.advance(10);
    const long = clock.advance(100);
    await Promise.all([short, long]);
    clock.setTimer(0, () => clock.jump(1_000));
    await clock.advance(1);
    expect(clock.now()).toBe(1_100);
  });

  test("a jump fires nothing until time is looked at again", async () => {
    const clock = new VirtualClock(0);
    let fired = 0;
    clock.setTimer(10, () => {
      fired = clock.now();
    });
    clock.jump(100);
    expect(fired).toBe(0);
    await clock.advance(0);
    expect(fired).toBe(100);
  });
});
