import { randomInt } from "node:crypto";
import {
  type CampaignOptions,
  type Clock,
  describeError,
  type LeaseElector,
  type LeaseElectorSnapshot,
  type LeaseListener,
  type LeaseTiming,
  nextRandom,
  type Timer,
  type YieldOptions,
} from "@tenure/core";
import { type KubernetesClient, KubernetesError } from "@tenure/kubernetes";
import { CandidateRegistry } from "../candidates/candidate-registry.ts";
import { describeCandidates } from "../kernel/candidate-rules.ts";
import { defaultRenewInterval, type ElectionTiming } from "../kernel/election-timing.ts";
import type { LeaseCommand } from "../kernel/lease-command.ts";
import type { LeaseEvent } from "../kernel/lease-event.ts";
import { initialState, isHolding, type LeaseState } from "../kernel/lease-state.ts";
import { step } from "../kernel/step.ts";
import { standBack, whyKept } from "../kernel/yield-rules.ts";
import { type LeaseLocation, LeaseStore, type RequestOptions } from "./lease-store.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { observationOf } from "./observation-of.ts";

export interface KubernetesLeaseElectorOptions {
  /** With connections of its own; closed when the elector has withdrawn. */
  readonly client: KubernetesClient;
  readonly location: LeaseLocation;
  readonly identity: string;
  /** `renewInterval`: between two renewals while all is well, in ms. Default: two ninths of the lease, see `defaultRenewInterval`. */
  readonly timing: LeaseTiming & { readonly renewInterval?: number };
  readonly clock: Clock;
  /** Of the jitter. Default: random. */
  readonly seed?: number;
  /** Between two looks at the records of the candidates, in ms. Default 240,000. A record counts for two and a half of them. */
  readonly candidatePeriod?: number;
}

/**
 * The driver of the lease's kernel: performs its commands on a Lease of the API server and feeds back what happens. It decides nothing.
 */
export class KubernetesLeaseElector implements LeaseElector {
  readonly identity: string;
  readonly timing: ElectionTiming;
  readonly #client: KubernetesClient;
  readonly #store: LeaseStore;
  readonly #watch: LeaseWatch;
  readonly #candidates: CandidateRegistry;
  readonly #clock: Clock;
  readonly #state: LeaseState;
  /** Read by terms at every question. One object a term, so that an old term cannot see a new deadline. */
  #validity = { number: 0, deadline: 0 };
  readonly #flights = new Map<number, AbortController>();
  readonly #inFlight = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #silence = 0;
  #listener: LeaseListener | undefined;

  constructor(options: KubernetesLeaseElectorOptions) {
    this.identity = options.identity;
    const { renewInterval = defaultRenewInterval(options.timing.leaseDuration) } = options.timing;
    this.timing = { ...options.timing, renewInterval };
    this.#client = options.client;
    this.#clock = options.clock;
    const seed = options.seed ?? randomInt(2 ** 32);
    const jitter = { seed: ~seed };
    this.#store = new LeaseStore(options.client, options.location);
    const watched = {
      seen: (event: LeaseEvent) => this.#dispatch(event),
      gap: () => this.#dispatch({ type: "watch-gap" }),
      longestSilence: () => longestSilence(this.#state),
    };
    this.#watch = new LeaseWatch(this.#store, options.clock, watched, () => nextRandom(jitter));
    const { client, location, identity, clock, candidatePeriod } = options;
    this.#candidates = new CandidateRegistry(
      { client, location, identity, clock, ...(candidatePeriod === undefined ? {} : { period: candidatePeriod }) },
      {
        known: (others) => this.#dispatch({ type: "candidates", others }),
        observed: (observation) => this.#tell((listener) => listener.observed(observation)),
        isHolder: () => isHolding(this.#state),
      },
    );
    this.#state = initialState(options.identity, this.timing, seed, options.clock.now());
  }

  campaign(listener: LeaseListener, options: CampaignOptions): void {
    this.#listener = listener;
    this.#dispatch({ type: "campaign", stopBudget: options.stopBudget });
    this.#candidates.start();
  }

  drained(number: number): void {
    this.#dispatch({ type: "drained", number });
  }

  yield(options: YieldOptions): string | undefined {
    const { pause, reason, because } = options;
    const kept = because === "incapable" ? whyKept(this.#state, this.#clock.now()) : undefined;
    if (kept === undefined) this.#dispatch({ type: "yield", pause, reason, because });
    return kept;
  }

  setStopBudget(stopBudget: number): void {
    this.#dispatch({ type: "stop-budget", stopBudget });
  }

  withdraw(reason: string): void {
    this.#dispatch({ type: "withdraw", reason });
  }

  snapshot(): LeaseElectorSnapshot {
    const { phase, seen, trouble, reason } = this.#state;
    const now = this.#clock.now();
    const resting = phase === "cooling-down" && now >= this.#state.pauseUntil;
    const record = seen === undefined || seen === "absent" ? undefined : seen;
    return {
      state: phase,
      holder: record?.holder || undefined,
      token: record?.token,
      detail: trouble ?? reason,
      candidates: describeCandidates(this.#state, now),
      standsBack: resting ? standBack(this.#state, now)?.why : undefined,
    };
  }

  /** A step is short and synchronous; commands never dispatch synchronously, so steps do not nest. */
  #dispatch(event: LeaseEvent): void {
    for (const command of step(this.#state, event, this.#clock.now())) this.#perform(command);
    const silence = longestSilence(this.#state);
    if (silence === this.#silence) return;
    this.#silence = silence;
    this.#watch.silenceChanged();
  }

  #perform(command: LeaseCommand): void {
    switch (command.type) {
      case "read":
        this.#fly(command, (options) => this.#read(command.flight, options));
        return;
      case "write":
        this.#fly(command, (options) => this.#write(command, options));
        return;
      case "abort":
        this.#flights.get(command.flight)?.abort();
        this.#flights.delete(command.flight);
        return;
      case "set-timer":
        this.#setTimer(command.at);
        return;
      case "clear-timer":
        this.#timer?.cancel();
        return;
      case "watch":
        if (command.on) this.#watch.start();
        return;
      case "validity":
        this.#setValidity(command.number, command.deadline);
        return;
      case "granted": {
        const grant = { number: command.number, token: command.token, validity: this.#validity };
        this.#tell((listener) => listener.granted(grant));
        this.#candidates.turn(command.token);
        return;
      }
      case "draining":
        this.#tell((listener) => listener.draining(command.number, command.reason));
        return;
      case "ended":
        this.#tell((listener) => listener.ended(command.number, command.reason));
        return;
      case "withdrawn":
        void this.#leave();
        return;
      default: {
        const observation = observationOf(command, this.#state);
        this.#tell((listener) => listener.observed(observation));
      }
    }
  }

  #setValidity(number: number, deadline: number): void {
    if (this.#validity.number !== number) this.#validity = { number, deadline };
    else this.#validity.deadline = deadline;
  }

  #setTimer(at: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(at - this.#clock.now(), () => this.#dispatch({ type: "timer" }));
  }

  #fly(
    command: { readonly flight: number; readonly timeout: number; readonly fresh: boolean },
    send: (options: RequestOptions) => Promise<LeaseEvent>,
  ): void {
    const abort = new AbortController();
    this.#flights.set(command.flight, abort);
    const flight = send({ signal: abort.signal, timeout: command.timeout, freshConnection: command.fresh })
      .catch((error): LeaseEvent => failed(command.flight, "unknown", error))
      .then((event) => {
        this.#inFlight.delete(flight);
        if (this.#flights.delete(command.flight)) this.#dispatch(event);
      });
    this.#inFlight.add(flight);
  }

  async #read(flight: number, options: RequestOptions): Promise<LeaseEvent> {
    const { record, collectionVersion } = await this.#store.read(options);
    return { type: "read", flight, record, collectionVersion };
  }

  async #write(command: Extract<LeaseCommand, { type: "write" }>, options: RequestOptions): Promise<LeaseEvent> {
    const result = await this.#store.write(command.write, command.base, options);
    if (result.outcome === "written") return { type: "written", flight: command.flight, record: result.record };
    return failed(command.flight, result.outcome, result.error);
  }

  async #leave(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all([this.#watch.stop(), this.#candidates.leave(), ...this.#inFlight]);
    await this.#client.close();
    this.#listener?.withdrawn();
  }

  /** From a turn of our own: the supervisor is never called from inside a call of its own. */
  #tell(report: (listener: LeaseListener) => void): void {
    const listener = this.#listener;
    if (listener !== undefined) queueMicrotask(() => report(listener));
  }
}

/** Of a watch that works, in ms: a holder renews several times in half its duration; without one only bookmarks come, about one a minute. */
function longestSilence({ seen }: LeaseState): number {
  const isHeld = seen !== undefined && seen !== "absent" && seen.holder !== "";
  return isHeld ? Math.min(seen.duration / 2, bookmarksOverdue) : bookmarksOverdue;
}

const bookmarksOverdue = 150_000;

function failed(flight: number, outcome: "refused" | "conflict" | "unknown", error: unknown): LeaseEvent {
  const retryAfter = error instanceof KubernetesError ? error.retryAfter : undefined;
  return {
    type: "failed",
    flight,
    outcome,
    error: describeError(error),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
