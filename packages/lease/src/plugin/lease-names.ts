import { z } from "zod";

/** Which lease it is, and who would hold it: alike for every provider, so that one takes the place of another. */
export const leaseNames = {
  name: z.string().min(1).default("leader").describe("By which components name it as their scope."),
  resourceName: z.string().min(1).default("tenure").describe("Name of the Lease object."),
  namespace: z.string().min(1).default("kube-system").describe("Namespace of the Lease object."),
  identity: z
    .string()
    .min(1)
    .optional()
    .describe("Who holds it. Default: <hostname>_<uuid>. Two processes must never have the same."),
} as const;
