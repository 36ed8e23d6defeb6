import { describe, expect, test } from "vitest";
import { percentile } from "../measurement.ts";
import { type LeaseFigures, leaseRows } from "./lease-rows.ts";

const good: LeaseFigures = {
  handovers: [
    { afterRelease: [30, 40, 180], afterKill: [12_000, 15_400], otherHolderToEnd: [10, 90] },
    { afterRelease: [20, 35, 100], afterKill: [12_000, 15_100], otherHolderToEnd: [10, 20] },
    { afterRelease: [20, 50, 900], afterKill: [12_000, 15_200], otherHolderToEnd: [10, 20] },
  ],
  calls: { leader: 18.5, standby: 0.48 },
  outages: { silent: [9_500, 8_000], refused: [9_000, 8_500] },
  lateReply: { overlaps: [-2_000, -1], stoppedToReleased: [] },
  slowStop: { overlaps: [-30, -20], stoppedToReleased: [5, 7] },
};

const bad: LeaseFigures = {
  handovers: [{ afterRelease: [60, 70, 201], afterKill: [15_600], otherHolderToEnd: [101] }],
  calls: { leader: 20.5, standby: 0.51 },
  outages: { silent: [9_500, 7_500], refused: [7_500, 9_500] },
  lateReply: { overlaps: [-2_000, 1], stoppedToReleased: [] },
  slowStop: { overlaps: [5_900, 5_000], stoppedToReleased: [60, 70, -1] },
};

describe("the rows of the lease", () => {
  test("whose figures reach what was asked for are met, and those of the peer stand beside them", () => {
    const rows = leaseRows({ tenure: good, "client-go": bad }, "client-go 1");
    expect(rows.filter(({ met }) => met === false)).toEqual([]);
    const row = (name: RegExp) => rows.find((found) => name.test(found.name));
    expect(row(/release → takeover, p99/)).toMatchObject({ value: 180, spread: [100, 900], peerValue: 201 });
    expect(row(/wherever it falls, silent/)).toMatchObject({ value: 8_000, atLeast: true, peerValue: 7_500 });
    expect(row(/^E6/)).toMatchObject({ value: 0, peerValue: 2 });
  });

  test("whose figures do not are not met, each of them", () => {
    const rows = leaseRows({ tenure: bad, "client-go": good }, "client-go 1");
    expect(rows.filter(({ met, target }) => target !== undefined && met !== false)).toEqual([]);
    expect(rows.filter(({ target }) => target === undefined).map(({ name }) => name)).toEqual([
      "kill -9 → takeover, p50",
    ]);
  });
});

test("a percentile is a value that was measured", () => {
  const values = [5, 1, 4, 2, 3];
  expect([0, 0.5, 0.8, 0.81, 0.99, 1].map((share) => percentile(values, share))).toEqual([1, 3, 4, 5, 5, 5]);
  expect(percentile([], 0.5)).toBeNaN();
});
