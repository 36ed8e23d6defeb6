import * as os from "node:os";
import { SystemClock } from "@tenure/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

vi.mock("node:os", async (original) => ({ ...(await original<typeof os>()), uptime: vi.fn() }));

/** What the machine's two clocks say, in ms. */
let awake = 0;
let up = 0;

beforeEach(() => {
  awake = 5_000;
  up = 900_000;
  vi.spyOn(performance, "now").mockImplementation(() => awake);
  vi.mocked(os.uptime).mockImplementation(() => up / 1000);
});

afterEach(() => {
  vi.restoreAllMocks();
});

function pass(milliseconds: number): void {
  awake += milliseconds;
  up += milliseconds;
}

describe("the clock of the machine", () => {
  test("counts the time for which the machine was suspended, at once", () => {
    const clock = new SystemClock();
    const before = clock.now();
    up += 3_600_000;
    expect(clock.now() - before).toBeCloseTo(3_600_000);
    pass(10);
    expect(clock.now() - before).toBeCloseTo(3_600_010);
  });

  test("a recent reading learns of a suspension after 1 ms of waking time", () => {
    const clock = new SystemClock();
    const before = clock.recent();
    up += 3_600_000;
    pass(0.5);
    expect(clock.recent() - before).toBeCloseTo(0.5);
    pass(0.5);
    expect(clock.recent() - before).toBeCloseTo(3_600_001);
  });

  test("recent readings do not ask the machine for its uptime again and again", () => {
    const clock = new SystemClock();
    clock.recent();
    vi.mocked(os.uptime).mockClear();
    for (let reading = 0; reading < 100; reading++) {
      pass(0.005);
      clock.recent();
    }
    expect(os.uptime).not.toHaveBeenCalled();
  });

  test("exact and recent readings are in order with one another", () => {
    const clock = new SystemClock();
    let last = clock.now();
    for (let reading = 0; reading < 300; reading++) {
      pass(0.3);
      if (reading % 50 === 0) up += 60_000;
      const next = reading % 3 === 0 ? clock.now() : clock.recent();
      expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    }
  });
});
