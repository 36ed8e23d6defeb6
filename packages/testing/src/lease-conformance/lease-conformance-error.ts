import { TenureError } from "@tenure/core";

export type LeaseConformanceErrorCode =
  | "TENURE_LEASE_CONFORMANCE_SETUP"
  | "TENURE_LEASE_CONFORMANCE_ACQUIRE"
  | "TENURE_LEASE_CONFORMANCE_TURN"
  | "TENURE_LEASE_CONFORMANCE_OVERLAP"
  | "TENURE_LEASE_CONFORMANCE_NUMBER"
  | "TENURE_LEASE_CONFORMANCE_TOKEN"
  | "TENURE_LEASE_CONFORMANCE_VALIDITY"
  | "TENURE_LEASE_CONFORMANCE_RELEASE"
  | "TENURE_LEASE_CONFORMANCE_PAUSE"
  | "TENURE_LEASE_CONFORMANCE_WITHDRAW"
  | "TENURE_LEASE_CONFORMANCE_END"
  | "TENURE_LEASE_CONFORMANCE_RESOURCE"
  | "TENURE_LEASE_CONFORMANCE_GROWTH";

/** A provider of a lease does not keep the contract of LeaseElector: what in the message, what to do as the remedy. */
export class LeaseConformanceError extends TenureError {
  declare readonly code: LeaseConformanceErrorCode;

  /** @param who which candidate, by its identity; undefined: the suite itself */
  constructor(
    code: LeaseConformanceErrorCode,
    who: string | undefined,
    message: string,
    options: { readonly remedy: string; readonly cause?: unknown },
  ) {
    super(`${who === undefined ? "the lease conformance suite" : `elector "${who}"`} ${message} → ${options.remedy}`, {
      code,
      ...options,
    });
  }
}
