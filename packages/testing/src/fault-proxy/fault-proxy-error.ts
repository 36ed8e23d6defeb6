import { TenureError } from "@tenure/core";

export type FaultProxyErrorCode = "TENURE_FAULT_PROXY_OPTION" | "TENURE_FAULT_PROXY_NEVER";

/** A fault proxy was asked for something that cannot be, or something that was waited for will never come. */
export class FaultProxyError extends TenureError {
  declare readonly code: FaultProxyErrorCode;

  constructor(code: FaultProxyErrorCode, message: string, remedy: string, cause?: unknown) {
    super(`${message} → ${remedy}`, { code, remedy, cause });
  }
}
