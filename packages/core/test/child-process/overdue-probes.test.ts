import { systemClock } from "@tenure/core";
import { VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { askInTime } from "../../src/child-process/probe.ts";

async function ask(probe: () => Promise<boolean>, count: number) {
  const clock = new VirtualClock();
  const deaf = { probe, timeout: 100 };
  const details: (string | undefined)[] = [];
  for (let attempt = 0; attempt < count; attempt++) {
    const answer = askInTime(deaf, clock);
    await clock.advance(100);
    details.push((await answer).detail);
  }
  return { details, deaf, clock };
}

describe("a probe that does not listen to its signal", () => {
  test("is called eight times, then not before one of the calls has settled", async () => {
    const pending: ((ok: boolean) => void)[] = [];
    const { details, deaf, clock } = await ask(() => new Promise((resolve) => pending.push(resolve)), 12);
    expect(pending).toHaveLength(8);
    expect(details.slice(0, 8)).toEqual(Array(8).fill("no answer within 100 ms"));
    expect(details[8]).toBe("8 earlier calls of its probe have not settled, although their signals have aborted");
    pending.shift()!(true);
    await Promise.resolve();
    const answer = askInTime(deaf, clock);
    await Promise.resolve();
    expect(pending).toHaveLength(8);
    pending.at(-1)!(true);
    expect(await answer).toEqual({ ok: true });
  });

  test("calls that settle in time, or are asked for with a signal that has aborted, do not add up", async () => {
    let calls = 0;
    let deaf = false;
    const probe = {
      probe: () => {
        calls++;
        return deaf ? new Promise<boolean>(() => {}) : Promise.resolve(true);
      },
      timeout: 5,
    };
    for (let attempt = 0; attempt < 20; attempt++) {
      await askInTime(probe, systemClock, AbortSignal.abort());
      expect((await askInTime(probe, systemClock)).ok).toBe(true);
    }
    expect(calls).toBe(40);
    deaf = true;
    for (let attempt = 0; attempt < 12; attempt++) await askInTime(probe, systemClock);
    expect(calls).toBe(48);
  });
});
