import { duration } from "@tenure/core";
import { z } from "zod";

/** A Lease counts whole seconds. */
const wholeSeconds = duration.refine((value) => value >= 1_000 && value % 1_000 === 0, {
  message: "a Lease counts whole seconds: give at least 1s, without a fraction",
});

/** The section `lease` of the configuration. The defaults are those of Kubernetes' own controllers. */
export const leaseOptions = z
  .object({
    /** By which components name it as their scope. */
    name: z.string().min(1).default("leader"),
    /** Of the Lease object. */
    resourceName: z.string().min(1).default("tenure"),
    namespace: z.string().min(1).default("kube-system"),
    /** Default: `<hostname>_<uuid>`. Two processes must never have the same. */
    identity: z.string().min(1).optional(),
    /** How long others respect it after the last renewal. */
    leaseDuration: wholeSeconds.default(15_000),
    /** Draining begins at the latest this long after the last renewal was sent. */
    renewDeadline: duration.default(10_000),
    /** Between two renewals. */
    retryPeriod: duration.default(2_000),
    /** The right to act ends this long before the lease does. Default: a fifteenth of the lease, 1 s of 15 s. */
    safetyMargin: duration.optional(),
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
