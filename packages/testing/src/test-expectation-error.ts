import { type ControllerSnapshot, TenureError } from "@tenure/core";
import { describeSnapshot } from "./describe-snapshot.ts";

/** A test expected something of a controller that is not so. The message shows what is. */
export class TestExpectationError extends TenureError {
  readonly snapshot: ControllerSnapshot;

  constructor(message: string, snapshot: ControllerSnapshot, remedy: string) {
    super(`${message}\n${describeSnapshot(snapshot)}`, { code: "TENURE_TEST_EXPECTATION", remedy });
    this.snapshot = snapshot;
  }
}
