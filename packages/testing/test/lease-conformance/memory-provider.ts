import type { LeaseElector } from "@tenure/core";
import type { LeaseConformanceOptions } from "@tenure/testing";
import { MemoryElector, MemoryLease } from "./memory-elector.ts";

/** How a right elector is made a faulty one. Default: not at all. */
export type Spoil = (elector: MemoryElector) => LeaseElector;

/** Everything that the suite can be given, for leases in memory, in times that suit them. */
export function memoryProvider(spoil: Spoil = (elector) => elector): LeaseConformanceOptions {
  const leases = new Map<string, MemoryLease>();
  const rightOnes = new Map<LeaseElector, MemoryElector>();
  const leaseOf = (name: string) => {
    const lease = leases.get(name) ?? new MemoryLease();
    leases.set(name, lease);
    return lease;
  };
  return {
    create: (name) => {
      const right = new MemoryElector(leaseOf(name));
      const elector = spoil(right);
      rightOnes.set(elector, right);
      return elector;
    },
    takeAway: (_elector, name) => {
      const lease = leaseOf(name);
      lease.holder = "by hand";
      lease.until = Number.POSITIVE_INFINITY;
      lease.changed();
    },
    cut: (elector) => setCutOff(elector, true),
    heal: (elector) => setCutOff(elector, false),
    acquireWithin: 3_000,
    takeOverWithin: 400,
    noticeWithin: 200,
    leaveWithin: 1_000,
    pause: 60,
    drainFor: 100,
    slack: 150,
    grace: 50,
  };

  function setCutOff(elector: LeaseElector, cutOff: boolean): void {
    const right = rightOnes.get(elector);
    if (right !== undefined) right.cutOff = cutOff;
  }
}
