import { type ControllerOptions, createController, type LeaseDefinition, silentLogger } from "@tenure/core";
import { FakeLease } from "./fake-lease.ts";
import { TestController } from "./test-controller.ts";
import { settled, VirtualClock } from "./virtual-clock.ts";

export interface TestControllerOptions extends Omit<ControllerOptions, "clock" | "exit" | "leases"> {
  /** Default: the virtual clock that the result has. */
  readonly clock?: VirtualClock;
  /**
   * Leases beside `leader`, which is there anyway: a name makes a fake one with nothing special about it, a FakeLease has needs or
   * timing of its own, a LeaseDefinition is taken as it is.
   */
  readonly leases?: readonly (string | FakeLease | LeaseDefinition)[];
}

/**
 * Starts a controller for a test. Nothing of Tenure in it waits for real time: move `clock`. It logs nothing unless a logger is given.
 *
 * @throws CompositionError as `createController` does.
 */
export async function startTestController(options: TestControllerOptions): Promise<TestController> {
  const clock = options.clock ?? new VirtualClock();
  const given = (options.leases ?? []).map((lease) =>
    typeof lease === "string" ? new FakeLease({ name: lease }) : lease,
  );
  const leases = given.some((lease) => lease.name === "leader") ? given : [new FakeLease(), ...given];
  const controller = await createController({
    logger: silentLogger,
    seed: 1,
    identity: "test",
    ...options,
    leases: leases.map((lease) => (lease instanceof FakeLease ? lease.definition : lease)),
    clock,
    exit: (code, reason) => test.exit({ code, reason }),
  });
  const test = new TestController(
    controller,
    clock,
    leases.filter((lease) => lease instanceof FakeLease),
  );
  controller.start();
  await settled();
  return test;
}
