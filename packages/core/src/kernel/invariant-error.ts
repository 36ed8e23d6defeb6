import { TenureError } from "../errors/tenure-error.ts";

/** A bug of Tenure's. The supervisor stops everything it can, keeps the log of events, and exits with a code of its own. */
export class KernelInvariantError extends TenureError {
  constructor(message: string) {
    super(message, {
      code: "TENURE_KERNEL_INVARIANT",
      remedy: "This is a bug of Tenure's: please report it with the event log that accompanies this error.",
    });
  }
}
