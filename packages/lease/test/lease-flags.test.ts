import { leaseFlags, leaseOptions } from "@tenure/lease";
import { expect, test } from "vitest";

test("takes the flags of operators out of a command line, in both forms, and leaves the rest in its order", () => {
  const { section, rest } = leaseFlags([
    "run",
    "--leader-elect",
    "--leader-elect-lease-duration=30s",
    "--leader-elect-renew-deadline",
    "20s",
    "--leader-elect-retry-period=4s",
    "--v=2",
    "--leader-elect-resource-name=mine",
    "--leader-elect-resource-namespace=there",
    "--leader-elect-resource-lock=leases",
    "--",
    "--leader-elect-lease-duration=1s",
  ]);
  expect(rest).toEqual(["run", "--v=2", "--", "--leader-elect-lease-duration=1s"]);
  expect(leaseOptions.parse(section)).toMatchObject({
    leaseDuration: 30_000,
    renewDeadline: 20_000,
    retryPeriod: 4_000,
    renewInterval: 6_667,
    safetyMargin: 2_000,
    resourceName: "mine",
    namespace: "there",
  });
});

test("the last of several counts", () => {
  expect(leaseFlags(["--leader-elect-resource-name=a", "--leader-elect-resource-name=b"]).section).toEqual({
    resourceName: "b",
  });
});

test.each([
  [["--leader-elect-lease-duration"], "--leader-elect-lease-duration has no value"],
  [["--leader-elect-lease-duration="], "has no value"],
  [["--leader-elect=false"], "another composition"],
  [["--leader-elect-resource-lock=configmaps"], "only Leases are supported"],
  [["--leader-elect-lease-durations=1s"], "--leader-elect-lease-durations is not a flag"],
])("refuses %j with what to do", (args, message) => {
  expect(() => leaseFlags(args)).toThrow(
    expect.objectContaining({
      code: "LEASE_BAD_FLAG",
      message: expect.stringContaining(message),
      remedy: expect.any(String),
    }),
  );
});
