import { describeError, type LeaseTiming, systemClock } from "@tenure/core";
import { ResourceTracker } from "../conformance/resource-tracker.ts";
import { Candidate, type ObservedTerm, type Stopping } from "./candidate.ts";
import { LeaseConformanceError, type LeaseConformanceErrorCode } from "./lease-conformance-error.ts";
import type { LeaseConformanceOptions } from "./lease-conformance-options.ts";

/** Between two looks at who holds the lease, in ms; everything that is told is an occasion too. */
const samplePeriod = 2;

let elections = 0;

/** One run of a case: candidates for one lease that nobody else knows, and the steps that cases are made of. */
export class Election {
  readonly options: LeaseConformanceOptions;
  readonly lease = `conformance-${process.pid}-${++elections}`;
  readonly tracker = new ResourceTracker("elector");
  readonly candidates: Candidate[] = [];
  readonly #sampler: NodeJS.Timeout;
  #sampledAt = performance.now();
  #longestStall = 0;

  constructor(options: LeaseConformanceOptions) {
    this.options = options;
    this.#sampler = setInterval(() => {
      this.#longestStall = this.#stall();
      this.#sampledAt = performance.now();
      this.#sample();
    }, samplePeriod);
  }

  /** Another candidate, who campaigns. */
  async join({ stopping = "at once" as Stopping, stopBudget = 0 } = {}): Promise<Candidate> {
    const candidate = await this.make();
    candidate.stopping = stopping;
    candidate.campaign(stopBudget);
    return candidate;
  }

  async make(): Promise<Candidate> {
    const { create } = this.options;
    try {
      const elector = await this.tracker.run(async () => create(this.lease));
      const candidate = new Candidate(elector, this.tracker, () => this.#sample());
      this.candidates.push(candidate);
      return candidate;
    } catch (error) {
      throw new LeaseConformanceError(
        "TENURE_LEASE_CONFORMANCE_SETUP",
        undefined,
        `cannot make an elector: ${describeError(error)}`,
        { remedy: "Correct `create`.", cause: error },
      );
    }
  }

  /** A candidate that holds the lease: its first term. */
  async holder(how: { readonly stopping?: Stopping; readonly stopBudget?: number } = {}) {
    const candidate = await this.join(how);
    return { candidate, term: await this.acquired(candidate, 1) };
  }

  /** Waits for the n-th term. */
  async acquired(candidate: Candidate, count: number, limit = this.acquireWithin, when = ""): Promise<ObservedTerm> {
    const term = await candidate.term(count, limit);
    if (term !== undefined) return term;
    throw this.error(
      "TENURE_LEASE_CONFORMANCE_ACQUIRE",
      candidate,
      `has not acquired the free lease within ${Math.round(limit)} ms${when}: it is ${this.stateOf(candidate)}`,
      { remedy: "Let it acquire what nobody holds; or allow more time by the options." },
    );
  }

  /** As its snapshot says, for messages. */
  stateOf({ elector }: Candidate): string {
    const { state, holder, detail } = elector.snapshot();
    return `${state}${holder === undefined ? "" : `, held by "${holder}"`}${detail === undefined ? "" : ` (${detail})`}`;
  }

  /** Waits for the end of a term to be told. */
  async ended(candidate: Candidate, term: ObservedTerm, limit: number, when: string): Promise<number> {
    await candidate.until(() => term.endedAt !== undefined, limit);
    if (term.endedAt !== undefined) return term.endedAt;
    throw this.error(
      "TENURE_LEASE_CONFORMANCE_END",
      candidate,
      `has not told the end of term ${term.number} within ${Math.round(limit)} ms ${when}`,
      { remedy: "Call `ended` when the right to act is over, by release or by loss." },
    );
  }

  /** Withdraws it, and waits until it has. */
  async withdrawn(candidate: Candidate): Promise<void> {
    candidate.withdraw();
    if (await candidate.until(() => candidate.hasWithdrawn, this.leaveWithin)) return;
    throw this.error(
      "TENURE_LEASE_CONFORMANCE_WITHDRAW",
      candidate,
      `has not withdrawn within ${this.leaveWithin} ms`,
      { remedy: "Call `withdrawn` when the lease is released and nothing of the elector is left." },
    );
  }

  get exclusive(): boolean {
    return this.options.exclusive ?? true;
  }

  get acquireWithin(): number {
    return this.options.acquireWithin ?? 5_000;
  }

  get takeOverWithin(): number {
    return this.options.takeOverWithin ?? 5_000;
  }

  get leaveWithin(): number {
    return this.options.leaveWithin ?? 5_000;
  }

  /** What may be added to a deadline that a timer keeps: the option, and for how long this process has stood still in this run. */
  get slack(): number {
    return (this.options.slack ?? 250) + this.#stall();
  }

  pauseOf({ retryPeriod }: LeaseTiming): number {
    return this.options.pause ?? 2 * retryPeriod + 100;
  }

  /** @returns two terms that were valid at once, as far as was seen */
  overlap(): readonly [string, string] | undefined {
    const terms = this.candidates.flatMap(({ identity, terms }) => terms.map((term) => ({ identity, term })));
    terms.sort((left, right) => left.term.grantedAt - right.term.grantedAt);
    for (const [index, { identity, term }] of terms.entries()) {
      const next = terms.slice(index + 1).find((other) => other.term.grantedAt <= term.heldUntil);
      if (next !== undefined) {
        const since = `${Math.round(term.heldUntil - next.term.grantedAt)} ms`;
        return [`term ${term.number} of "${identity}"`, `term ${next.term.number} of "${next.identity}" for ${since}`];
      }
    }
    return undefined;
  }

  error(
    code: LeaseConformanceErrorCode,
    candidate: Candidate,
    message: string,
    options: { readonly remedy: string; readonly cause?: unknown },
  ): LeaseConformanceError {
    return new LeaseConformanceError(code, candidate.identity, message, options);
  }

  /** Everybody leaves. What does not is left behind: the case about withdrawing reports it. */
  async close(): Promise<void> {
    const leaving = this.candidates.filter(({ hasWithdrawn }) => !hasWithdrawn);
    for (const candidate of leaving) {
      candidate.stopping = "at once";
      candidate.withdraw();
      for (const { drained, number } of candidate.terms) if (!drained) candidate.drained(number);
    }
    await Promise.all(
      leaving.map((candidate) => candidate.until(() => candidate.hasWithdrawn, Math.min(this.leaveWithin, 1_000))),
    );
    clearInterval(this.#sampler);
  }

  #stall(): number {
    return Math.max(this.#longestStall, performance.now() - this.#sampledAt);
  }

  #sample(): void {
    const now = systemClock.now();
    for (const { current } of this.candidates) if (current?.term.held === true) current.heldUntil = now;
  }
}
