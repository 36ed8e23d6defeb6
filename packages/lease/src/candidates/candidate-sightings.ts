import type { KnownCandidate } from "../kernel/known-candidate.ts";
import type { CandidateRecord } from "./candidate-record.ts";

/** A record that has stood still for this many of its durations is that of a candidate that has crashed. */
const staleAfter = 2;

interface Sighting {
  readonly record: CandidateRecord;
  readonly fingerprint: string;
  readonly changedAt: number;
}

/**
 * Who of the others is alive: whose record has changed, as we have seen it, within the duration that it records, by our own clock. Clocks of
 * others are never compared. So a record that is seen for the first time counts, even if its candidate crashed long ago.
 */
export class CandidateSightings {
  #sightings: ReadonlyMap<string, Sighting> = new Map();

  /** @param records all that exist now: the rest is forgotten */
  note(records: readonly CandidateRecord[], now: number): readonly KnownCandidate[] {
    const before = this.#sightings;
    this.#sightings = new Map(records.map((record) => [record.name, sighting(record, before.get(record.name), now)]));
    return [...this.#sightings.values()].map(({ record, changedAt }) => ({
      identity: record.identity,
      lastTurn: record.lastTurn,
      presentUntil: changedAt + record.duration,
    }));
  }

  stale(now: number): readonly CandidateRecord[] {
    return [...this.#sightings.values()]
      .filter(({ record, changedAt }) => now >= changedAt + staleAfter * record.duration)
      .map(({ record }) => record);
  }
}

function sighting(record: CandidateRecord, before: Sighting | undefined, now: number): Sighting {
  // Not the resourceVersion: an edit of a label is no sign of life.
  const fingerprint = JSON.stringify([record.uid, record.renewTime, record.lastTurn]);
  return { record, fingerprint, changedAt: before?.fingerprint === fingerprint ? before.changedAt : now };
}
