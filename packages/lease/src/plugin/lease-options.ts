import { duration } from "@tenure/core";
import { z } from "zod";

/** A Lease counts whole seconds. */
const wholeSeconds = duration.refine((value) => value >= 1_000 && value % 1_000 === 0, {
  message: "a Lease counts whole seconds: give at least 1s, without a fraction",
});

/** The section `lease` of the configuration. The defaults are those of Kubernetes' own controllers. */
export const leaseOptions = z
  .object({
    name: z.string().min(1).default("leader").describe("By which components name it as their scope."),
    resourceName: z.string().min(1).default("tenure").describe("Name of the Lease object."),
    namespace: z.string().min(1).default("kube-system").describe("Namespace of the Lease object."),
    identity: z
      .string()
      .min(1)
      .optional()
      .describe("Who holds it. Default: <hostname>_<uuid>. Two processes must never have the same."),
    leaseDuration: wholeSeconds
      .default(15_000)
      .describe("How long others respect it after the last renewal, in whole seconds."),
    renewDeadline: duration
      .default(10_000)
      .describe("Draining begins at the latest this long after the last renewal was sent."),
    retryPeriod: duration.default(2_000).describe("Between two renewals."),
    safetyMargin: duration
      .optional()
      .describe(
        "The right to act ends this long before the lease does. Default: a fifteenth of the lease, 1 s of 15 s.",
      ),
  })
  .transform((options) => ({
    ...options,
    safetyMargin: options.safetyMargin ?? Math.round(options.leaseDuration / 15),
  }))
  .superRefine(({ leaseDuration, renewDeadline, retryPeriod, safetyMargin }, context) => {
    const end = leaseDuration - safetyMargin;
    if (retryPeriod <= 0) {
      context.addIssue({ code: "custom", path: ["retryPeriod"], message: "must be more than 0" });
    }
    if (renewDeadline >= end) {
      context.addIssue({
        code: "custom",
        path: ["renewDeadline"],
        message: `${renewDeadline} ms must be less than leaseDuration − safetyMargin = ${leaseDuration} − ${safetyMargin} = ${end} ms`,
      });
    }
    if (renewDeadline < 2 * retryPeriod) {
      context.addIssue({
        code: "custom",
        path: ["renewDeadline"],
        message: `${renewDeadline} ms must be at least two retry periods (2 × ${retryPeriod} ms), so that one failed renewal is survived`,
      });
    }
  });
