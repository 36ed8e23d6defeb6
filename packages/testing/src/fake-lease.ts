import {
  defineLease,
  type LeaseDefinition,
  type LeaseElector,
  type LeaseElectorSnapshot,
  type LeaseListener,
  type LeaseTiming,
  type Needs,
  type YieldOptions,
} from "@tenure/core";

export interface FakeLeaseOptions {
  /** By which components name it as their scope. Default `leader`. */
  readonly name?: string;
  /** Process-scoped components that must run while it campaigns. Default: none. */
  readonly needs?: Needs;
  /** Default 15 s / 10 s / 2 s with a margin of 1 s. */
  readonly timing?: LeaseTiming;
}

/**
 * A lease that a test grants and takes at will. It keeps the contract of LeaseElector: a grant waits until the process campaigns and
 * the last term is drained, a drained term is released, and the listener is never called from inside a call.
 */
export class FakeLease implements LeaseElector {
  readonly identity = "test";
  readonly name: string;
  readonly timing: LeaseTiming;
  readonly definition: LeaseDefinition;
  /** What the supervisor asked for, in order: `campaign`, `drained 1`, `yield`, `withdraw`. */
  readonly calls: string[] = [];
  /** Set: why it refuses to be given up by a process whose components cannot run, as when no other candidate is left to try. */
  keeps: string | undefined;
  #listener: LeaseListener | undefined;
  #state: "off" | "standby" | "held" | "draining" | "lost" = "off";
  #slot = { number: 0, deadline: 0 };
  #number = 0;
  #token = 0;
  #grantWanted = false;
  #leaving = false;

  constructor(options: FakeLeaseOptions = {}) {
    this.name = options.name ?? "leader";
    this.timing = options.timing ?? {
      leaseDuration: 15_000,
      renewDeadline: 10_000,
      retryPeriod: 2_000,
      safetyMargin: 1_000,
    };
    this.definition = defineLease({
      name: this.name,
      timing: this.timing,
      needs: options.needs ?? {},
      create: () => this.#reset(),
    });
  }

  #reset(): this {
    this.#number = 0;
    this.#state = "off";
    return this;
  }

  /** Grants the lease now, or as soon as the process campaigns and has drained its last term. */
  grant(): void {
    this.#grantWanted = true;
    this.#tryGrant();
  }

  /** Another holder was seen: the term is over at once. */
  take(reason = "another holder was seen"): void {
    if (this.#state !== "held" && this.#state !== "draining") return;
    this.#state = "lost";
    this.#slot.deadline = 0;
    this.#tell((listener, number) => listener.ended(number, reason));
  }

  /** The right to act has run out by the clock, and nobody has been told yet: what a process finds that was suspended. `take` follows. */
  expire(): void {
    this.#slot.deadline = 0;
  }

  /** The lease cannot be renewed: stop, while the right to act lasts. */
  drain(reason = "it could not be renewed in time"): void {
    if (this.#state !== "held") return;
    this.#state = "draining";
    this.#tell((listener, number) => listener.draining(number, reason));
  }

  get held(): boolean {
    return this.#state === "held";
  }

  campaign(listener: LeaseListener): void {
    this.calls.push("campaign");
    this.#listener = listener;
    this.#leaving = false;
    if (this.#state === "off") this.#state = "standby";
    this.#tryGrant();
  }

  drained(number: number): void {
    this.calls.push(`drained ${number}`);
    if (number !== this.#number) return;
    if (this.#state === "draining") {
      this.#slot.deadline = 0;
      this.#tell((listener) => listener.ended(number, "released"));
    }
    this.#state = "standby";
    if (this.#leaving) this.#withdrawn();
    else this.#tryGrant();
  }

  yield(options: YieldOptions): string | undefined {
    this.calls.push("yield");
    if (options.because === "incapable" && this.keeps !== undefined) return this.keeps;
    this.drain(options.reason);
    return undefined;
  }

  setStopBudget(stopBudget: number): void {
    this.calls.push(`stop budget ${stopBudget}`);
  }

  withdraw(reason: string): void {
    this.calls.push("withdraw");
    this.#leaving = true;
    if (this.#state === "standby") this.#withdrawn();
    else this.drain(reason);
  }

  snapshot(): LeaseElectorSnapshot {
    return { state: this.#state, holder: this.held ? this.identity : undefined, token: this.#token, detail: undefined };
  }

  #withdrawn(): void {
    this.#state = "off";
    this.#tell((listener) => listener.withdrawn());
  }

  #tryGrant(): void {
    if (!this.#grantWanted || this.#state !== "standby" || this.#leaving) return;
    this.#grantWanted = false;
    this.#state = "held";
    const number = ++this.#number;
    this.#slot = { number, deadline: Number.POSITIVE_INFINITY };
    const grant = { number, token: ++this.#token, validity: this.#slot };
    this.#tell((listener) => listener.granted(grant));
  }

  #tell(report: (listener: LeaseListener, number: number) => void): void {
    const listener = this.#listener;
    const number = this.#number;
    queueMicrotask(() => {
      if (listener !== undefined) report(listener, number);
    });
  }
}
