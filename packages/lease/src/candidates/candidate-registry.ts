import { type Clock, describeError, type LeaseObservation, type Timer } from "@tenure/core";
import { type KubernetesClient, KubernetesError, type KubernetesObject } from "@tenure/kubernetes";
import { type LeaseLocation, leaseProtocolTerm } from "../elector/lease-store.ts";
import type { KnownCandidate } from "../kernel/known-candidate.ts";
import { microTime } from "../record/lease-record.ts";
import {
  candidateLabel,
  candidateLabelValue,
  candidateName,
  decodeCandidate,
  encodeCandidate,
} from "./candidate-record.ts";
import { CandidateSightings } from "./candidate-sightings.ts";

/** Between two looks, in ms, each a list and a write: less than half a call a minute. */
export const defaultCandidatePeriod = 240_000;

/** A record counts for this many periods: a candidate survives a failed look or two, and a crashed one is known after ten minutes. */
const periodsPresent = 2.5;

/**
 * The second look comes after this part of a period, and each further one twice as late: controllers are often started together. The same
 * after a failure, which may be over soon.
 */
const firstPart = 1 / 16;

/** Up to this part of the period is added: so that candidates do not look at the same time. */
const jitter = 0.1;

/** Of one call, in ms. Nothing waits for it. */
const callTimeout = 5_000;

/** Of the removal of the own record by one that withdraws, in ms: a shutdown waits for it. Left behind, it is removed by the next holder. */
const farewellTimeout = 500;

/** Of stale records in one look: many at once are removed by several. */
const mostRemoved = 10;

const kind = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" } as const;

export interface CandidateRegistryListener {
  /** Who else is a candidate; undefined: it cannot be told. */
  known(others: readonly KnownCandidate[] | undefined): void;
  observed(observation: LeaseObservation): void;
  /** Whether this candidate holds the lease: one of them is enough to clean up. */
  isHolder(): boolean;
}

export interface CandidateRegistryOptions {
  /** The elector's; not closed here. */
  readonly client: KubernetesClient;
  readonly location: LeaseLocation;
  readonly identity: string;
  readonly clock: Clock;
  /** In ms. Default `defaultCandidatePeriod`. */
  readonly period?: number;
}

/**
 * Keeps this candidate's record, and reads those of the others, at a calm pace of its own. What fails here harms nothing else: it is told once,
 * and tried again at the same pace.
 */
export class CandidateRegistry {
  readonly #options: CandidateRegistryOptions;
  readonly #listener: CandidateRegistryListener;
  readonly #name: string;
  readonly #period: number;
  readonly #sightings = new CandidateSightings();
  readonly #abort = new AbortController();
  #delay: number;
  #lastTurn: number | undefined;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #begun = false;
  /** The code of the last failure; undefined since the last success. */
  #trouble: string | undefined;

  constructor(options: CandidateRegistryOptions, listener: CandidateRegistryListener) {
    this.#options = options;
    this.#listener = listener;
    this.#name = candidateName(options.location.name, options.identity);
    this.#period = options.period ?? defaultCandidatePeriod;
    this.#delay = this.#period * firstPart;
  }

  /** A second call does nothing. */
  start(): void {
    if (this.#begun) return;
    this.#begun = true;
    // The lease itself comes first; and of many that start together, not all at once.
    this.#wait(Math.random() * Math.min(1_000, this.#delay));
  }

  /** This candidate has acquired the lease, as this term: recorded, and the others looked at, now. */
  turn(token: number): void {
    this.#lastTurn = token;
    if (this.#begun) this.#look();
  }

  /** Ends what is under way and removes the own record, if that can be done quickly. */
  async leave(): Promise<void> {
    this.#abort.abort();
    this.#timer?.cancel();
    await this.#looking;
    if (!this.#begun) return;
    const { client, location } = this.#options;
    try {
      const own = { ...kind, namespace: location.namespace, name: this.#name };
      await client.delete(leaseProtocolTerm, own, { timeout: farewellTimeout });
    } catch {
      // The record stands still from now on, and is removed for that.
    }
  }

  #wait(delay: number): void {
    this.#timer?.cancel();
    if (this.#abort.signal.aborted) return;
    this.#timer = this.#options.clock.setTimer(delay, () => this.#look());
  }

  #look(): void {
    if (this.#abort.signal.aborted) return;
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#timer?.cancel();
    this.#lookAgain = false;
    this.#looking = this.#exchange().then((retryAfter) => {
      this.#looking = undefined;
      if (this.#lookAgain) return this.#look();
      this.#wait(Math.max(retryAfter, this.#delay * (1 + jitter * Math.random())));
      this.#delay = Math.min(this.#period, this.#delay * 2);
    });
  }

  /** @returns milliseconds that the server asks to wait */
  async #exchange(): Promise<number> {
    let listed = false;
    try {
      const own = await this.#readAll();
      listed = true;
      await this.#write(own);
      if (this.#listener.isHolder()) await this.#removeStale();
      this.#worksAgain();
      return 0;
    } catch (error) {
      if (this.#abort.signal.aborted) return 0;
      if (!listed) this.#listener.known(undefined);
      this.#note(error);
      return (error instanceof KubernetesError && error.retryAfter) || 0;
    }
  }

  /** @returns the own record, if there is one */
  async #readAll(): Promise<KubernetesObject | undefined> {
    const { client, location, identity, clock } = this.#options;
    const labelSelector = `${candidateLabel}=${candidateLabelValue(location.name)}`;
    const list = await client.list({ ...kind, namespace: location.namespace, labelSelector }, this.#callOptions());
    if (this.#abort.signal.aborted) return undefined;
    const records = list.items.flatMap((item) => decodeCandidate(item) ?? []);
    const others = records.filter((record) => record.identity !== identity);
    this.#listener.known(this.#sightings.note(others, clock.now()));
    return list.items.find(({ metadata }) => metadata.name === this.#name);
  }

  async #write(own: KubernetesObject | undefined): Promise<void> {
    this.#abort.signal.throwIfAborted();
    const { client, location, identity } = this.#options;
    const record = encodeCandidate(location, identity, own, {
      duration: this.#period * periodsPresent,
      lastTurn: this.#lastTurn,
      time: microTime(new Date()),
    });
    if (own === undefined) await client.create(leaseProtocolTerm, record, this.#callOptions());
    else await client.replace(leaseProtocolTerm, record, this.#callOptions());
  }

  /** Only what has not changed since: the crashed one may be alive after all. */
  async #removeStale(): Promise<void> {
    const { client, location, clock } = this.#options;
    for (const { name, uid, resourceVersion } of this.#sightings.stale(clock.now()).slice(0, mostRemoved)) {
      try {
        const conditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
        const stale = { ...kind, namespace: location.namespace, name };
        await client.delete(leaseProtocolTerm, stale, { ...this.#callOptions(), ...conditions });
      } catch (error) {
        if (!(error instanceof KubernetesError && error.kind === "conflict")) throw error;
      }
    }
  }

  #callOptions(): { readonly signal: AbortSignal; readonly timeout: number } {
    return { signal: this.#abort.signal, timeout: callTimeout };
  }

  #note(error: unknown): void {
    const code = error instanceof KubernetesError ? error.code : "unknown";
    if (this.#trouble === code) return;
    if (this.#trouble === undefined) this.#delay = this.#period * firstPart;
    this.#trouble = code;
    this.#listener.observed({
      level: "warn",
      message: `the records of the candidates cannot be kept: ${describeError(error)}`,
    });
  }

  #worksAgain(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#listener.observed({ level: "info", message: "the records of the candidates are kept again" });
  }
}
