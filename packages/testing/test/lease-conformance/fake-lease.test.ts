import { type LeaseElector, type LeaseListener, silentLogger, systemClock, type YieldOptions } from "@tenure/core";
import { FakeLease, leaseProviderConformance } from "@tenure/testing";
import { describe, test } from "vitest";
import { memoryTiming } from "./memory-elector.ts";

/** The test that has a fake lease: grants it whenever the process could have it, and lets it run out when it is cut off. */
class GrantedLease extends FakeLease {
  #pauseUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #isCutOff = false;

  override campaign(listener: LeaseListener): void {
    super.campaign(listener);
    this.#pauseUntil = 0;
    this.#grantWhenPaused();
  }

  override drained(number: number): void {
    super.drained(number);
    this.#grantWhenPaused();
  }

  override yield(options: YieldOptions): string | undefined {
    this.#pauseUntil = Math.max(this.#pauseUntil, systemClock.now() + options.pause);
    return super.yield(options);
  }

  override withdraw(reason: string): void {
    clearTimeout(this.#timer);
    super.withdraw(reason);
  }

  cut(): void {
    this.#isCutOff = true;
    this.drain();
    setTimeout(() => this.take("it was not renewed"), 50);
  }

  heal(): void {
    this.#isCutOff = false;
    this.#grantWhenPaused();
  }

  #grantWhenPaused(): void {
    clearTimeout(this.#timer);
    if (this.#isCutOff || this.snapshot().state !== "standby") return;
    const rest = this.#pauseUntil - systemClock.now();
    if (rest > 0) this.#timer = setTimeout(() => this.#grantWhenPaused(), rest);
    else this.grant();
  }
}

describe("the fake lease keeps the contract of an elector", () => {
  const leases = new Map<string, GrantedLease>();
  leaseProviderConformance({
    test,
    create(name) {
      const lease = leases.get(name) ?? new GrantedLease({ timing: memoryTiming });
      leases.set(name, lease);
      return lease.definition.create({}, { clock: systemClock, logger: silentLogger });
    },
    exclusive: false,
    takeAway: (elector) => (elector as GrantedLease).take(),
    cut: (elector) => (elector as GrantedLease).cut(),
    heal: (elector: LeaseElector) => (elector as GrantedLease).heal(),
    pause: 60,
    drainFor: 100,
  });
});
