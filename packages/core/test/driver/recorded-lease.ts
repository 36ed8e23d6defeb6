import type { LeaseDefinition, LeaseElector } from "@tenure/core";
import { FakeLease } from "@tenure/testing";

/** A fake lease, and what the supervisor has been told of it so far. */
export class RecordedLease {
  readonly fake: FakeLease;
  readonly definition: LeaseDefinition;
  told: "nothing" | "held" | "draining" | "ended" = "nothing";
  /** Terms granted to this process: the number of the last one. */
  terms = 0;
  drained = 0;
  withdrawn = true;
  endedAt = 0;

  /** @param needs names of components are tokens too */
  constructor(
    name: string,
    needs: readonly string[],
    watch: { readonly now: () => number; readonly drained: (lease: RecordedLease, term: number) => void },
  ) {
    const timing = { leaseDuration: 120_000, renewDeadline: 60_000, retryPeriod: 2_000, safetyMargin: 1_000 };
    this.fake = new FakeLease({ name, timing, needs: Object.fromEntries(needs.map((need) => [need, { name: need }])) });
    this.definition = {
      ...this.fake.definition,
      create: (given, host) => this.#record(this.fake.definition.create(given, host), watch),
    };
  }

  get name(): string {
    return this.fake.name;
  }

  #record(
    elector: LeaseElector,
    watch: { readonly now: () => number; readonly drained: (lease: RecordedLease, term: number) => void },
  ): LeaseElector {
    const earlier = this.terms;
    return {
      identity: elector.identity,
      timing: elector.timing,
      campaign: (listener, options) => {
        this.withdrawn = false;
        elector.campaign(
          {
            ...listener,
            granted: (grant) => {
              this.terms = earlier + grant.number;
              this.told = "held";
              listener.granted(grant);
            },
            draining: (number, reason) => {
              this.told = "draining";
              listener.draining(number, reason);
            },
            ended: (number, reason) => {
              this.told = "ended";
              this.endedAt = watch.now();
              listener.ended(number, reason);
            },
            withdrawn: () => {
              this.withdrawn = true;
              listener.withdrawn();
            },
          },
          options,
        );
      },
      drained: (number) => {
        watch.drained(this, earlier + number);
        this.drained = earlier + number;
        elector.drained(number);
      },
      yield: (options) => elector.yield(options),
      setStopBudget: (budget) => elector.setStopBudget(budget),
      withdraw: (reason) => elector.withdraw(reason),
      snapshot: () => elector.snapshot(),
    };
  }
}
