import {
  type CampaignOptions,
  type LeaseElector,
  type LeaseElectorSnapshot,
  type LeaseListener,
  type LeaseTiming,
  systemClock,
  type Timer,
  type YieldOptions,
} from "@tenure/core";

/** Of a lease that lives in this process. So long that a machine which is busy with other tests does not cost it. */
export const memoryTiming: LeaseTiming = {
  leaseDuration: 1_200,
  renewDeadline: 800,
  retryPeriod: 30,
  safetyMargin: 20,
};

/** One lease: who holds it until when, as a server would know it. Whoever waits for it is called when it is free. */
export class MemoryLease {
  holder: MemoryElector | "by hand" | undefined;
  token = 0;
  until = 0;
  readonly watchers = new Set<() => void>();

  changed(): void {
    for (const watcher of this.watchers) queueMicrotask(watcher);
  }

  isFree(): boolean {
    return this.holder === undefined || systemClock.now() >= this.until;
  }
}

let identities = 0;

/** A right elector for leases in memory: renews, expires, is cut off. Small enough to be seen to be right. */
export class MemoryElector implements LeaseElector {
  readonly identity = `candidate-${++identities}`;
  readonly timing = memoryTiming;
  readonly lease: MemoryLease;
  cutOff = false;
  #listener: LeaseListener | undefined;
  #state: "off" | "standby" | "held" | "draining" | "lost" = "off";
  #validity = { number: 0, deadline: 0 };
  #stopBudget = 0;
  #pauseUntil = 0;
  #drained = false;
  #leaving = false;
  #timer: Timer | undefined;
  readonly #look = () => this.#turn();

  constructor(lease: MemoryLease) {
    this.lease = lease;
  }

  /** Of the term that was granted last. */
  get number(): number {
    return this.#validity.number;
  }

  campaign(listener: LeaseListener, { stopBudget }: CampaignOptions): void {
    this.#listener = listener;
    this.#stopBudget = stopBudget;
    this.#state = "standby";
    this.lease.watchers.add(this.#look);
    this.#turn();
  }

  drained(number: number): void {
    if (number !== this.#validity.number) return;
    this.#drained = true;
    this.#turn();
  }

  yield({ pause, reason }: YieldOptions): string | undefined {
    this.#pauseUntil = Math.max(this.#pauseUntil, systemClock.now() + pause);
    this.#drain(reason);
    this.#turn();
    return undefined;
  }

  setStopBudget(stopBudget: number): void {
    this.#stopBudget = stopBudget;
  }

  withdraw(reason: string): void {
    this.#leaving = true;
    this.#drain(reason);
    this.#turn();
  }

  snapshot(): LeaseElectorSnapshot {
    return { state: this.#state, holder: undefined, token: this.lease.token, detail: undefined };
  }

  /** What follows from the time and from what is known of the lease. */
  #turn(): void {
    this.#timer?.cancel();
    const now = systemClock.now();
    const { lease } = this;
    const { leaseDuration, safetyMargin, retryPeriod, renewDeadline } = this.timing;
    if (this.#state === "held" || this.#state === "draining") {
      if (!this.cutOff && lease.holder !== this) this.#end("another holds it");
      else if (now >= this.#validity.deadline) this.#end("it was not renewed");
      else if (!this.cutOff && this.#drained) {
        lease.holder = undefined;
        this.#end("released");
        lease.changed();
      } else if (!this.cutOff) {
        lease.until = now + leaseDuration;
        this.#validity.deadline = lease.until - safetyMargin;
      } else {
        const drainAt =
          this.#validity.deadline - Math.max(this.#stopBudget, leaseDuration - safetyMargin - renewDeadline);
        if (now >= drainAt) this.#drain("it cannot be renewed");
      }
    }
    if (this.#state === "lost" && this.#drained) this.#state = "standby";
    if (this.#state === "standby") {
      if (this.#leaving) {
        this.#state = "off";
        lease.watchers.delete(this.#look);
        this.#tell((listener) => listener.withdrawn());
        return;
      }
      if (!this.cutOff && lease.isFree() && now >= this.#pauseUntil) this.#acquire(now);
    }
    if (this.#state !== "off") this.#timer = systemClock.setTimer(Math.min(retryPeriod, 10), this.#look);
  }

  #acquire(now: number): void {
    const { lease } = this;
    const { leaseDuration, safetyMargin } = this.timing;
    lease.holder = this;
    lease.until = now + leaseDuration;
    const token = ++lease.token;
    const number = this.#validity.number + 1;
    const validity = { number, deadline: lease.until - safetyMargin };
    this.#validity = validity;
    this.#drained = false;
    this.#state = "held";
    this.#tell((listener) => listener.granted({ number, token, validity }));
  }

  #drain(reason: string): void {
    if (this.#state !== "held") return;
    this.#state = "draining";
    const { number } = this.#validity;
    this.#tell((listener) => listener.draining(number, reason));
  }

  #end(reason: string): void {
    this.#validity.deadline = 0;
    this.#state = "lost";
    const { number } = this.#validity;
    this.#tell((listener) => listener.ended(number, reason));
  }

  #tell(report: (listener: LeaseListener) => void): void {
    const listener = this.#listener;
    if (listener !== undefined) queueMicrotask(() => report(listener));
  }
}
