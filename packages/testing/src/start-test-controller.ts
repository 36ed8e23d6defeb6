import { type Controller, type ControllerOptions, createController, type Phase, silentLogger } from "@tenure/core";
import { FakeLease } from "./fake-lease.ts";
import { settled, VirtualClock } from "./virtual-clock.ts";

export interface TestControllerOptions extends Omit<ControllerOptions, "clock" | "exit"> {
  /** Default: the virtual clock that the result has. */
  readonly clock?: VirtualClock;
}

/** A controller under a virtual clock and a lease that the test grants and takes. */
export interface TestController extends AsyncDisposable {
  readonly controller: Controller;
  readonly clock: VirtualClock;
  readonly lease: FakeLease;
  /** How the process would have been ended; undefined while it would not. */
  readonly exited: { readonly code: number; readonly reason: string } | undefined;
  /** Grants the lease, and lets everything settle that needs no time. */
  grant(): Promise<void>;
  /** Takes the lease at once, and lets everything settle that needs no time. */
  take(): Promise<void>;
  /** The lease begins to drain, as if it could not be renewed. */
  drain(): Promise<void>;
  phaseOf(component: string): Phase | undefined;
}

/** Starts a controller for a test. Nothing in it waits for real time: move `clock`. */
export async function startTestController(options: TestControllerOptions): Promise<TestController> {
  const clock = options.clock ?? new VirtualClock();
  const lease = new FakeLease();
  let exited: { code: number; reason: string } | undefined;
  const controller = await createController({
    logger: silentLogger,
    seed: 1,
    identity: "test",
    ...options,
    leases: [lease.definition, ...(options.leases ?? [])],
    clock,
    exit: (code, reason) => {
      exited ??= { code, reason };
    },
  });
  controller.start();
  await settled();
  return {
    controller,
    clock,
    lease,
    get exited() {
      return exited;
    },
    async grant() {
      lease.grant();
      await settled();
    },
    async take() {
      lease.take();
      await settled();
    },
    async drain() {
      lease.drain();
      await settled();
    },
    phaseOf(component) {
      return controller.snapshot().components.find((entry) => entry.name === component)?.phase;
    },
    async [Symbol.asyncDispose]() {
      if (exited === undefined) await controller.stop();
    },
  };
}
