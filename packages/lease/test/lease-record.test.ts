import {
  decodeLease,
  encodeLease,
  isNewer,
  microTime,
  stampAnnotation,
  tokenAnnotation,
  yieldedAnnotation,
} from "@tenure/lease";
import { describe, expect, test } from "vitest";

const where = { namespace: "default", name: "model" };
const write = { kind: "acquire", identity: "a", token: 7, stamp: "s-1", leaseDuration: 15_000 } as const;
const foreign = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { ...where, resourceVersion: "41", uid: "u", labels: { team: "x" }, annotations: { note: "y" } },
  spec: {
    holderIdentity: "b",
    leaseDurationSeconds: 20,
    acquireTime: "then",
    renewTime: "later",
    leaseTransitions: 3,
    strategy: "OldestEmulationVersion",
    preferredHolder: "c",
  },
};

describe("encoding", () => {
  test("keeps labels, annotations and spec fields of others", () => {
    const lease = encodeLease(write, foreign, where, "now");
    expect(lease.metadata).toEqual({
      ...foreign.metadata,
      annotations: { note: "y", [tokenAnnotation]: "7", [stampAnnotation]: "s-1" },
    });
    expect(lease.spec).toEqual({
      ...foreign.spec,
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      acquireTime: "now",
      renewTime: "now",
      leaseTransitions: 4,
    });
  });

  test("makes a new Lease with no transition counted", () => {
    const lease = encodeLease(write, undefined, where, "now");
    expect(lease.metadata).toMatchObject(where);
    expect(lease.spec).toMatchObject({ holderIdentity: "a", leaseTransitions: 0, acquireTime: "now" });
  });

  test("a renewal changes neither the acquire time nor the transitions", () => {
    const held = encodeLease(write, foreign, where, "now");
    const renewed = encodeLease({ ...write, kind: "renew", stamp: "s-2" }, held, where, "then again");
    expect(renewed.spec).toMatchObject({ acquireTime: "now", renewTime: "then again", leaseTransitions: 4 });
  });

  test("acquiring again under the same identity counts no transition", () => {
    const held = encodeLease(write, foreign, where, "now");
    expect(encodeLease(write, held, where, "again").spec).toMatchObject({ acquireTime: "again", leaseTransitions: 4 });
  });

  test("a release names nobody, for one second, and keeps the token", () => {
    const released = encodeLease({ ...write, kind: "release" }, foreign, where, "now");
    expect(released.spec).toMatchObject({
      holderIdentity: "",
      leaseDurationSeconds: 1,
      strategy: "OldestEmulationVersion",
    });
    // The revision makes the write conditional.
    expect(decodeLease(released)).toMatchObject({ holder: "", token: 7, resourceVersion: "41" });
  });
});

describe("the record of a yield", () => {
  const yields = { ...write, kind: "release", yieldReason: "it cannot run" } as const;

  test("is written by the release, beside what others keep, and removed by an acquisition", () => {
    const released = encodeLease(yields, foreign, where, "now");
    expect(decodeLease(released).yielded).toEqual({ holder: "a", token: 7, reason: "it cannot run" });
    expect(released.metadata.annotations).toMatchObject({ note: "y" });
    const acquired = encodeLease({ ...write, identity: "c", token: 8 }, released, where, "later");
    expect(acquired.metadata.annotations).toEqual({ note: "y", [tokenAnnotation]: "8", [stampAnnotation]: "s-1" });
  });

  test("stays in the renewals of the one that gives it up", () => {
    const draining = encodeLease({ ...yields, kind: "renew" }, foreign, where, "now");
    expect(decodeLease(encodeLease({ ...write, kind: "renew" }, draining, where, "later")).yielded).toBeDefined();
  });

  test("is bounded, whatever the reason", () => {
    const released = encodeLease({ ...yields, yieldReason: "x".repeat(10_000) }, foreign, where, "now");
    expect(decodeLease(released).yielded?.reason).toHaveLength(256);
  });

  test.each(["", "null", "{}", "[1]", '{"holder":1,"token":2,"reason":"x"}'])("takes %j for none", (text) => {
    const metadata = { ...where, annotations: { [yieldedAnnotation]: text } };
    expect(decodeLease({ ...foreign, metadata }).yielded).toBeUndefined();
  });
});

describe("decoding", () => {
  test("reads what was encoded", () => {
    expect(decodeLease(encodeLease(write, foreign, where, "now"))).toMatchObject({
      holder: "a",
      duration: 15_000,
      token: 7,
      stamp: "s-1",
      resourceVersion: "41",
    });
  });

  test.each([undefined, null, 0])("respects a record with the duration %s for 15 s", (leaseDurationSeconds) => {
    expect(decodeLease({ ...foreign, spec: { holderIdentity: "b", leaseDurationSeconds } }).duration).toBe(15_000);
  });

  test.each(["", "x", "-3", "1.5", "1e30"])("takes the annotation %j for no token", (token) => {
    expect(decodeLease({ ...foreign, metadata: { ...where, annotations: { [tokenAnnotation]: token } } }).token).toBe(
      0,
    );
  });

  test("a Lease without a spec is free", () => {
    expect(decodeLease({ apiVersion: "v1", kind: "Lease", metadata: where }).holder).toBe("");
  });

  test("the fingerprint changes with a renewal of anybody's and not with a label", () => {
    const { fingerprint } = decodeLease(foreign);
    const labelled = { ...foreign, metadata: { ...foreign.metadata, labels: { a: "b" }, resourceVersion: "42" } };
    expect(decodeLease(labelled).fingerprint).toBe(fingerprint);
    expect(decodeLease({ ...foreign, spec: { ...foreign.spec, renewTime: "now" } }).fingerprint).not.toBe(fingerprint);
    expect(decodeLease(encodeLease({ ...write, kind: "renew" }, foreign, where, "later")).fingerprint).not.toBe(
      fingerprint,
    );
  });
});

test("revisions are compared as numbers, and what is no number counts as newer when it differs", () => {
  expect([isNewer("100", "99"), isNewer("99", "100"), isNewer("9", "9")]).toEqual([true, false, false]);
  expect([isNewer("abc", "9"), isNewer("abc", "abc")]).toEqual([true, false]);
});

test("writes the time as the API wants it, with six digits", () => {
  expect(microTime(new Date(0))).toBe("1970-01-01T00:00:00.000000Z");
});
