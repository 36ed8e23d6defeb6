import { describe, expect, test } from "vitest";
import { median, rowOf } from "../measurement.ts";
import { measures } from "./measures.ts";
import type { Peer } from "./peers.ts";
import { type AllFigures, type ContestantId, rowsOf } from "./rows.ts";
import { exponentOf } from "./validation-growth.ts";

const peer = (id: Peer["id"], command: Peer["command"] = { file: "x", args: [] }): Peer => ({
  id,
  name: `${id} 1.0`,
  differs: id === "dskit" ? "fan-in 1" : undefined,
  command,
});

/** Ours is 4 everywhere but where said. */
function figures(values: Partial<Record<string, Partial<Record<ContestantId, number[]>>>>): AllFigures {
  return new Map(
    measures.map(({ id }) => [
      id,
      new Map(
        Object.entries({ tenure: [4], ...values[id] }).map(([who, runs]) => [who as ContestantId, { runs: [runs] }]),
      ),
    ]),
  );
}

const growth = { graph: [1], ladder: [1] };

describe("the rows of the benchmark", () => {
  test("name the best peer and say the others in the note", () => {
    const all = figures({ start: { effect: [50, 52, 51], dskit: [30], otp: [3] } });
    const rows = rowsOf([peer("effect"), peer("dskit"), peer("otp"), peer("fx", "not installed")], all, growth);
    const row = rows.find(({ name }) => name === "start, no work");
    expect(row).toMatchObject({ value: 4, target: 5, met: true, peer: "otp 1.0", peerValue: 3, ratio: 0.75 });
    expect(row?.note).toBe("1 runs; dskit 1.0 30 (fan-in 1); effect 1.0 51; fx 1.0: not installed");
  });

  test("a start with work is compared with the critical path of the same run, and with the peers to be ahead of", () => {
    const all = figures({
      path: { tenure: [20, 24, 22] },
      work: { tenure: [28], effect: [100], dskit: [27], fx: [1] },
    });
    const rows = rowsOf([peer("effect"), peer("dskit"), peer("fx")], all, growth);
    expect(rows.find(({ name }) => name === "start, 1 ms of work each")).toMatchObject({ target: 27.5, met: false });
    const against = rows.find(({ name }) => name.includes("against JS and dskit"));
    expect(against).toMatchObject({ value: 28, target: 27, met: false });
  });

  test("microseconds are microseconds, of ours and of the peer's", () => {
    const all = figures({ restart: { tenure: [0.014], suture: [0.002] } });
    const rows = rowsOf([peer("suture")], all, growth);
    expect(rows.find(({ unit }) => unit === "µs")).toMatchObject({ value: 14, peerValue: 2, ratio: 0.1429, met: true });
  });

  test("every measure has a row, and no figure of ours is missing silently", () => {
    expect(rowsOf([], figures({}), growth).length).toBe(measures.length + 4);
    expect(() => rowsOf([], figures({ stop: { tenure: [] } }), growth)).toThrow("stop, no work");
  });
});

describe("figures", () => {
  test("the median is the middle one, or between the two in the middle", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test("a row says whether the target was reached, and its spread", () => {
    expect(rowOf("x", [3, 1, 2], { unit: "ms", target: 2 })).toMatchObject({ value: 2, spread: [1, 3], met: true });
    expect(rowOf("x", [3, 1, 2], { unit: "ms", target: 1.9 })).toMatchObject({ met: false, peer: undefined });
  });

  test("the exponent tells linear from quadratic", () => {
    const sizes = [1_000, 2_000, 4_000, 8_000];
    expect(exponentOf(sizes.map((size) => ({ size, time: size / 300 })))).toBeCloseTo(1);
    expect(exponentOf(sizes.map((size) => ({ size, time: size ** 2 / 300 })))).toBeCloseTo(2);
  });
});
