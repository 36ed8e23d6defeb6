import { leaseOptions } from "@tenure/lease";
import { describe, expect, test } from "vitest";

describe("the times of a lease", () => {
  test("follow from its duration", () => {
    const times = { renewDeadline: 12_500, renewInterval: 3_333, retryPeriod: 2_000, safetyMargin: 1_000 };
    expect(leaseOptions.parse({})).toMatchObject({ leaseDuration: 15_000, ...times });
    expect(leaseOptions.parse({ leaseDuration: "1s" })).toMatchObject({
      renewDeadline: 833,
      renewInterval: 222,
      retryPeriod: 133,
      safetyMargin: 67,
    });
  });

  test("a short deadline makes renewals more frequent", () => {
    expect(leaseOptions.parse({ renewDeadline: "5s" })).toMatchObject({ renewInterval: 2_500 });
  });

  test("every whole second up to ten minutes is a possible duration by itself", () => {
    for (let seconds = 1; seconds <= 600; seconds++) {
      expect(leaseOptions.safeParse({ leaseDuration: seconds * 1_000 }).success, `${seconds} s`).toBe(true);
    }
  });

  test.each([
    [{ renewDeadline: "14s" }, "renewDeadline", "leaseDuration − safetyMargin = 15000 − 1000 = 14000 ms"],
    [{ renewDeadline: "3s" }, "renewDeadline", "at least two retry periods (2 × 2000 ms)"],
    [{ renewInterval: "11s" }, "renewInterval", "renewInterval + retryPeriod = 11000 + 2000 = 13000 ms"],
    [{ renewInterval: 0 }, "renewInterval", "must be more than 0"],
    [{ retryPeriod: 0 }, "retryPeriod", "must be more than 0"],
    [{ leaseDuration: "1500ms" }, "leaseDuration", "whole seconds"],
  ])("%j is refused with the sum", (given, path, message) => {
    const issues = leaseOptions.safeParse(given).error?.issues ?? [];
    expect(issues).toContainEqual(expect.objectContaining({ path: [path], message: expect.stringContaining(message) }));
  });
});
