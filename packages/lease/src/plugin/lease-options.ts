import { duration } from "@tenure/core";
import { z } from "zod";
import { defaultTiming } from "../kernel/election-timing.ts";
import { leaseNames } from "./lease-names.ts";

/** A Lease counts whole seconds. */
const wholeSeconds = duration.refine((value) => value >= 1_000 && value % 1_000 === 0, {
  message: "a Lease counts whole seconds: give at least 1s, without a fraction",
});

/** The section `lease` of the configuration. What is not said of the times follows from `leaseDuration`. */
export const leaseOptions = z
  .object({
    ...leaseNames,
    leaseDuration: wholeSeconds
      .default(15_000)
      .describe("How long others respect it after the last renewal, in whole seconds."),
    renewDeadline: duration
      .optional()
      .describe(
        "Draining begins at the latest this long after the last renewal was sent. Default: five sixths of the lease, 12.5 s of 15 s.",
      ),
    renewInterval: duration
      .optional()
      .describe("Between two renewals while all is well. Default: two ninths of the lease, 3.3 s of 15 s."),
    retryPeriod: duration
      .optional()
      .describe(
        "Between two tries of a candidate, and two tries of a holder take half of it. Default: two fifteenths of the lease, 2 s of 15 s.",
      ),
    safetyMargin: duration
      .optional()
      .describe(
        "The right to act ends this long before the lease does. Default: a fifteenth of the lease, 1 s of 15 s.",
      ),
  })
  .transform((options) => {
    const defaults = defaultTiming(options.leaseDuration);
    const { renewDeadline = defaults.renewDeadline } = options;
    const { retryPeriod = defaults.retryPeriod, safetyMargin = defaults.safetyMargin } = options;
    // Never rarer than a shorter deadline allows.
    const renewInterval = options.renewInterval ?? Math.min(defaults.renewInterval, Math.round(renewDeadline / 2));
    return { ...options, renewDeadline, retryPeriod, safetyMargin, renewInterval };
  })
  .superRefine(({ leaseDuration, renewDeadline, renewInterval, retryPeriod, safetyMargin }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    const end = leaseDuration - safetyMargin;
    if (retryPeriod <= 0) refuse("retryPeriod", "must be more than 0");
    if (renewInterval <= 0) refuse("renewInterval", "must be more than 0");
    if (renewDeadline >= end) {
      refuse(
        "renewDeadline",
        `${renewDeadline} ms must be less than leaseDuration − safetyMargin = ${leaseDuration} − ${safetyMargin} = ${end} ms`,
      );
    }
    if (renewDeadline < 2 * retryPeriod) {
      refuse(
        "renewDeadline",
        `${renewDeadline} ms must be at least two retry periods (2 × ${retryPeriod} ms), so that one failed renewal is survived`,
      );
    }
    if (renewDeadline < renewInterval + retryPeriod) {
      refuse(
        "renewInterval",
        `renewInterval + retryPeriod = ${renewInterval} + ${retryPeriod} = ${renewInterval + retryPeriod} ms must be at most renewDeadline (${renewDeadline} ms), so that one failed renewal is survived`,
      );
    }
  });
