import { expect, test } from "vitest";
import type { ElectorEvent } from "./elector-arguments.ts";
import { workOverlaps } from "./work-overlaps.ts";

const told = (identity: string, lease: string, event: ElectorEvent["event"], at: number) => ({
  identity,
  lease,
  event,
  at,
});

test("work of two for one Lease at once is found, also that of one who never told its end", () => {
  const a = { gone: false, events: [told("a", "x", "started", 0), told("a", "x", "stopped", 5)] };
  const after = { gone: false, events: [told("b", "x", "started", 5), told("b", "y", "started", 1)] };
  const early = { gone: false, events: [told("b", "x", "started", 3), told("b", "x", "stopped", 9)] };
  expect(workOverlaps([a, after])).toEqual([]);
  expect(workOverlaps([a, early])).toEqual([{ lease: "x", identities: ["a", "b"], duration: 2 }]);
  const killed = { gone: true, events: [told("c", "x", "started", 10), told("c", "y", "leader", 12)] };
  const alive = { ...killed, gone: false };
  const next = { gone: false, events: [told("b", "x", "started", 14), told("b", "x", "stopped", 15)] };
  expect(workOverlaps([killed, next])).toEqual([]);
  expect(workOverlaps([alive, next])).toEqual([{ lease: "x", identities: ["c", "b"], duration: 1 }]);
});
