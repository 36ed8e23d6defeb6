import type { ComponentSnapshot, Controller, Phase } from "@tenure/core";
import type { FakeLease } from "./fake-lease.ts";
import { TestExpectationError } from "./test-expectation-error.ts";
import { settled, type VirtualClock } from "./virtual-clock.ts";

/** How long to wait for something. */
export interface WaitOptions {
  /** Virtual time that may pass meanwhile, in ms: the clock is moved on from timer to timer. Default 0: only the test moves it. */
  readonly advance?: number;
  /** Real time to wait for sockets, files and the like, in ms. Default 2,000, below the usual time limit of a test. */
  readonly patience?: number;
}

/** Something that the process is ended by. */
export interface ProcessExit {
  readonly code: number;
  readonly reason: string;
}

/** A controller under a virtual clock and leases that the test grants and takes. Made by `startTestController`. */
export class TestController implements AsyncDisposable {
  readonly controller: Controller;
  readonly clock: VirtualClock;
  readonly #leases: ReadonlyMap<string, FakeLease>;
  readonly #ended = Promise.withResolvers<void>();
  #exited: ProcessExit | undefined;
  #exitCode: number | undefined;

  constructor(controller: Controller, clock: VirtualClock, leases: readonly FakeLease[]) {
    this.controller = controller;
    this.clock = clock;
    this.#leases = new Map(leases.map((lease) => [lease.name, lease]));
    controller.on("stopped", ({ exitCode }) => {
      this.#exitCode ??= exitCode;
      this.#ended.resolve();
    });
  }

  /** The lease `leader`. */
  get lease(): FakeLease {
    return this.leaseOf("leader");
  }

  leaseOf(name: string): FakeLease {
    const lease = this.#leases.get(name);
    if (lease !== undefined) return lease;
    throw this.#error(`there is no fake lease "${name}"`, "Name it among `leases` of startTestController.");
  }

  /** How the process would have been ended by force, as for a stuck component; undefined while it would not. */
  get exited(): ProcessExit | undefined {
    return this.#exited;
  }

  /** With which code the process would have ended, in order or by force; undefined while it goes on. */
  get exitCode(): number | undefined {
    return this.#exited?.code ?? this.#exitCode;
  }

  /** Notes that the process would end here. The first call counts. */
  exit(exit: ProcessExit): void {
    this.#exited ??= exit;
    this.#ended.resolve();
  }

  /** Grants the lease, and lets everything settle that needs no time. */
  async grant(lease = "leader"): Promise<void> {
    this.leaseOf(lease).grant();
    await settled();
  }

  /** Takes the lease at once, and lets everything settle that needs no time. */
  async take(lease = "leader"): Promise<void> {
    this.leaseOf(lease).take();
    await settled();
  }

  /** The lease begins to drain, as if it could not be renewed, and everything settles that needs no time. */
  async drain(lease = "leader"): Promise<void> {
    this.leaseOf(lease).drain();
    await settled();
  }

  phaseOf(component: string): Phase | undefined {
    return this.#snapshotOf(component)?.phase;
  }

  /** @throws TestExpectationError, with the snapshot, when one of these components is in another phase. */
  assertPhases(expected: Readonly<Record<string, Phase | undefined>>): void {
    const wrong = Object.entries(expected)
      .filter(([component, phase]) => this.phaseOf(component) !== phase)
      .map(([component, phase]) => `"${component}" is ${this.phaseOf(component) ?? "unknown"}, not ${phase ?? "gone"}`);
    if (wrong.length > 0) throw this.#error(wrong.join("; "), "See the reason beside the component.");
  }

  /**
   * Resolves when the component is in that phase, or has passed through it since the call; without polling.
   *
   * @throws TestExpectationError, with the snapshot, when it does not get there in time, or the process ends before.
   */
  async until(component: string, phase: Phase, options: WaitOptions = {}): Promise<void> {
    if (this.phaseOf(component) === phase) return;
    const seen = Promise.withResolvers<void>();
    const off = this.controller.on("component.phase", (event) => {
      if (event.component === component && event.to === phase) seen.resolve();
    });
    try {
      const outcome = await this.#wait(seen.promise, options);
      if (outcome === "reached") return;
      const found = this.phaseOf(component);
      const is = found === undefined ? "there is no component of that name" : `it is ${found}`;
      throw this.#error(
        outcome === "ended"
          ? `the process ended (code ${this.exitCode}) before "${component}" was ${phase}`
          : `"${component}" did not become ${phase}: ${is}`,
        "See the reason beside the component; a back-off and a timeout need `advance` or clock.advance(), which move virtual time.",
      );
    } finally {
      off();
    }
  }

  /**
   * Stops the controller as a signal would. Many calls are one stop.
   *
   * @returns the exit code, when everything has stopped or the process would have been ended by force.
   * @throws TestExpectationError, with the snapshot, when it does not end in time.
   */
  async stop(options: WaitOptions = {}): Promise<number> {
    if (this.#exited === undefined) void this.controller.stop("stopped by the test");
    await this.#wait(this.#ended.promise, options);
    if (this.exitCode !== undefined) return this.exitCode;
    throw this.#error(
      "the controller did not stop",
      "See what is still stopping; a stop that takes virtual time needs `advance`.",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #wait(reached: Promise<void>, options: WaitOptions): Promise<"reached" | "ended" | "late"> {
    const { advance = 0, patience = 2_000 } = options;
    let outcome: "reached" | "ended" | undefined;
    // In this order: at the end of the process both may be true.
    const first = reached.then(() => (outcome ??= "reached"));
    const ended = this.#ended.promise.then(() => (outcome ??= "ended"));
    await settled();
    for (const end = this.clock.now() + advance; outcome === undefined && this.clock.now() < end; ) {
      const next = Math.min(end, this.clock.nextTimer ?? end);
      await this.clock.advance(Math.max(0, next - this.clock.now()));
    }
    if (outcome !== undefined) return outcome;
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), patience);
    try {
      return await Promise.race([first, ended, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #snapshotOf(component: string): ComponentSnapshot | undefined {
    return this.controller.snapshot().components.find((entry) => entry.name === component);
  }

  #error(message: string, remedy: string): TestExpectationError {
    return new TestExpectationError(message, this.controller.snapshot(), remedy);
  }
}
