import { describe, expect, test } from "vitest";
import type { ElectorEvent } from "../peers/elector-arguments.ts";
import { ActWitness } from "./act-witness.ts";

function witness(...told: readonly (readonly [ElectorEvent["event"], identity: string, token: number, at: number])[]) {
  const acts = new ActWitness();
  for (const [event, identity, token, at] of told) acts.note({ event, lease: "x", identity, token, at });
  return acts;
}

describe("the witness of acts", () => {
  test("finds nothing when each term acts before the next one begins", () => {
    const acts = witness(["started", "a", 1, 0], ["act", "a", 1, 5], ["started", "b", 7, 6], ["act", "b", 7, 9]);
    expect(acts.stale()).toEqual([]);
    expect([acts.acts, acts.terms]).toEqual([2, 2]);
  });

  test("finds an act of a term after a later one has begun, in whatever order it is told", () => {
    const expected = [{ identity: "a", token: 1, laterToken: 7, late: 2 }];
    expect(witness(["started", "a", 1, 0], ["started", "b", 7, 6], ["act", "a", 1, 8]).stale()).toEqual(expected);
    expect(witness(["act", "a", 1, 8], ["act", "a", 1, 3], ["started", "b", 7, 6]).stale()).toEqual(expected);
  });

  test("compares with all later terms, not with the next one alone", () => {
    const acts = witness(["act", "a", 1, 8], ["started", "c", 9, 7], ["started", "b", 5, 10]);
    expect(acts.stale()).toEqual([{ identity: "a", token: 1, laterToken: 9, late: 1 }]);
  });
});
