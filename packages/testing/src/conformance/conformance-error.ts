import { TenureError } from "@tenure/core";

export type ConformanceErrorCode =
  | "TENURE_CONFORMANCE_START"
  | "TENURE_CONFORMANCE_STOP"
  | "TENURE_CONFORMANCE_SIGNAL"
  | "TENURE_CONFORMANCE_INSTANCE"
  | "TENURE_CONFORMANCE_RESOURCE"
  | "TENURE_CONFORMANCE_LISTENER"
  | "TENURE_CONFORMANCE_GROWTH"
  | "TENURE_CONFORMANCE_HEALTH"
  | "TENURE_CONFORMANCE_WRITE"
  | "TENURE_CONFORMANCE_UNHANDLED"
  | "TENURE_CONFORMANCE_SETUP";

/** A component does not keep its contract: what, where and why in the message, what to do as the remedy. */
export class ConformanceError extends TenureError {
  declare readonly code: ConformanceErrorCode;

  /** @param component undefined when it is not known */
  constructor(
    code: ConformanceErrorCode,
    component: string | undefined,
    message: string,
    options: { readonly remedy: string; readonly cause?: unknown },
  ) {
    super(
      `${component === undefined ? "the conformance suite" : `component "${component}"`} ${message} → ${options.remedy}`,
      { code, ...options },
    );
  }
}
