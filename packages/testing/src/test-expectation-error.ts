import { type ControllerSnapshot, prettyPrint, TenureError } from "@tenure/core";

/** A test expected something of a controller that is not so. The message shows what is. */
export class TestExpectationError extends TenureError {
  readonly snapshot: ControllerSnapshot;

  constructor(message: string, snapshot: ControllerSnapshot, remedy: string) {
    super(`${message}\n\n${prettyPrint(snapshot)}`, { code: "TENURE_TEST_EXPECTATION", remedy });
    this.snapshot = snapshot;
  }
}
