import {
  type CandidateRecord,
  CandidateSightings,
  candidateLabel,
  candidateLabelValue,
  candidateName,
  decodeCandidate,
  encodeCandidate,
  lastTurnAnnotation,
} from "@tenure/lease";
import { describe, expect, test } from "vitest";

const location = { namespace: "default", name: "model" };
const values = { duration: 600_000, lastTurn: 7, time: "now" };

describe("the name of a candidate's record", () => {
  test.each([
    ["tenure", "node-1_0f8fad5b"],
    ["with.dots.in-it", "UPPER case/and:more"],
    ["x".repeat(253), "y".repeat(1_000)],
    [`${"x".repeat(45)}.y`, ""],
  ])("is a DNS label, and so is the label's value, for the lease %s", (lease, identity) => {
    expect(candidateName(lease, identity)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    expect(candidateLabelValue(lease)).toMatch(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/);
  });

  test("differs with the identity and with the lease, however long they are", () => {
    const long = "x".repeat(100);
    const names = [`${long}a`, `${long}b`].flatMap((lease) =>
      [`${long}1`, `${long}2`].map((id) => candidateName(lease, id)),
    );
    expect(new Set(names).size).toBe(4);
    expect(candidateLabelValue(`${long}a`)).not.toBe(candidateLabelValue(`${long}b`));
  });
});

describe("a candidate's record", () => {
  test("reads what was written, and says for which lease it is", () => {
    const lease = encodeCandidate(location, "a", undefined, values);
    expect(lease.metadata).toEqual({
      namespace: "default",
      name: candidateName("model", "a"),
      labels: { [candidateLabel]: "model" },
      annotations: { [lastTurnAnnotation]: "7" },
    });
    expect(decodeCandidate(lease)).toMatchObject({ identity: "a", duration: 600_000, lastTurn: 7, renewTime: "now" });
  });

  test("keeps what others put there, and the turn of an earlier campaign", () => {
    const before = encodeCandidate(location, "a", undefined, values);
    const edited = {
      ...before,
      metadata: { ...before.metadata, uid: "u", labels: { ...before.metadata.labels, team: "x" } },
      spec: { ...(before.spec as object), strategy: "s" },
    };
    const after = encodeCandidate(location, "a", edited, { ...values, lastTurn: undefined, time: "later" });
    expect(after.metadata).toEqual(edited.metadata);
    expect(after.spec).toEqual({ ...edited.spec, renewTime: "later" });
  });

  test.each(["", "x", "-3", "1.5", "1e30"])("takes the annotation %j for no turn", (turn) => {
    const lease = encodeCandidate(location, "a", undefined, values);
    const metadata = { ...lease.metadata, annotations: { [lastTurnAnnotation]: turn } };
    expect(decodeCandidate({ ...lease, metadata })?.lastTurn).toBe(0);
  });

  test("is none without an identity", () => {
    expect(decodeCandidate({ ...encodeCandidate(location, "a", undefined, values), spec: {} })).toBeUndefined();
  });
});

describe("who is present", () => {
  const record: CandidateRecord = {
    name: "model-a",
    uid: "u",
    resourceVersion: "5",
    identity: "a",
    duration: 10_000,
    lastTurn: 0,
    renewTime: "long ago, or in the future",
  };

  test("whose record is seen for the first time, and then whose changes within its duration by our clock", () => {
    const sightings = new CandidateSightings();
    const until = (change: Partial<CandidateRecord>, now: number) =>
      sightings.note([{ ...record, ...change }], now)[0]?.presentUntil;
    expect(until({}, 1_000)).toBe(11_000);
    expect(until({}, 9_000)).toBe(11_000);
    // An edit of a label.
    expect(until({ resourceVersion: "6" }, 9_500)).toBe(11_000);
    expect(until({ renewTime: "another" }, 9_900)).toBe(19_900);
    expect(until({ renewTime: "another", lastTurn: 8 }, 10_000)).toBe(20_000);
    expect(until({ renewTime: "another", lastTurn: 8, uid: "v" }, 10_500)).toBe(20_500);
  });

  test("a record is stale when it has stood still for twice its duration, and is forgotten when it is gone", () => {
    const sightings = new CandidateSightings();
    sightings.note([record], 1_000);
    sightings.note([record, { ...record, name: "model-b" }], 20_000);
    expect(sightings.stale(20_999)).toEqual([]);
    expect(sightings.stale(21_000)).toEqual([record]);
    sightings.note([], 21_000);
    expect(sightings.stale(100_000)).toEqual([]);
    sightings.note([record], 22_000);
    expect(sightings.stale(30_000)).toEqual([]);
  });
});
