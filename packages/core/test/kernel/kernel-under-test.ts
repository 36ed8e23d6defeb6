import { buildState } from "../../src/kernel/build-state.ts";
import { step } from "../../src/kernel/step.ts";

/** The kernel, replaceable by a copy with a fault in it. */
export interface KernelUnderTest {
  readonly step: typeof step;
  readonly buildState: typeof buildState;
}

export const kernel: KernelUnderTest = { step, buildState };
