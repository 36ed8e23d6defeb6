import { nextRandom } from "@tenure/core";
import { isNewer, type LeaseRecord } from "../record/lease-record.ts";
import { noteTurn, presentCandidates } from "./candidate-rules.ts";
import { isHolding, type LeaseState, type SentWrite } from "./lease-state.ts";
import { committed, endTerm, lose, won } from "./term-rules.ts";
import { abortFlight, setPhase, type Turn } from "./turn.ts";

/** A record that came by the watch, which may lag behind what is known. */
export function seenByWatch(turn: Turn, record: LeaseRecord): void {
  const { seen } = turn.state;
  if (seen !== undefined && seen !== "absent" && !isNewer(record.resourceVersion, seen.resourceVersion)) return;
  if (seen === "absent" && !isNewer(record.resourceVersion, turn.state.collectionVersion)) return;
  observe(turn, record);
  giveUpOvertakenRead(turn);
}

export function deletedByWatch(turn: Turn, resourceVersion: string): void {
  const { seen, collectionVersion } = turn.state;
  if (seen !== undefined && seen !== "absent" && !isNewer(resourceVersion, seen.resourceVersion)) return;
  if (seen === "absent" && !isNewer(resourceVersion, collectionVersion)) return;
  turn.state.collectionVersion = resourceVersion;
  observe(turn, "absent");
  giveUpOvertakenRead(turn);
}

/**
 * Its answer may show less than the watch has shown now: a holder would take an older record for somebody else's, and a candidate a lease that is
 * free for one that is held. It reads again. (Older answers are not told by their revision: after a restore of etcd all of them are.)
 */
function giveUpOvertakenRead(turn: Turn): void {
  const { state } = turn;
  if (state.flight?.kind !== "read" && state.hedge?.kind !== "read") return;
  abortFlight(turn);
  state.mustRead = true;
  state.nextTryAt = Math.min(state.nextTryAt, turn.now);
}

/** Takes note of what is there now, by our own clock, and draws the conclusions. */
export function observe(turn: Turn, record: LeaseRecord | "absent"): void {
  note(turn, record);
  if (isHolding(turn.state)) concludeAsHolder(turn, record);
  else if (turn.state.phase === "acquiring") concludeAsCandidate(turn, record);
}

function note(turn: Turn, record: LeaseRecord | "absent"): void {
  const { state, now } = turn;
  const before = state.seen;
  state.seen = record;
  const holderBefore = before === undefined || before === "absent" ? "" : before.holder;
  const holder = record === "absent" ? "" : record.holder;
  if (record !== "absent") {
    state.highestToken = Math.max(state.highestToken, record.token);
    noteTurn(state, record, now);
  }
  if (fingerprintOf(before) !== fingerprintOf(record)) {
    if (record === "absent" && before !== undefined && before !== "absent" && holderBefore !== "") {
      // Deleted under its holder, who may not know yet.
      state.respectUntil = holderBefore === state.identity ? 0 : state.seenAt + before.duration;
    }
    state.seenAt = now;
    state.rushDelay = nextRandom(state) * rushOf(state, now);
  }
  if (holder !== holderBefore) turn.commands.push({ type: "holder-changed", from: holderBefore, to: holder });
}

/**
 * Over how many ms the candidates' tries for a lease that has become free are spread: enough for the first one's write to be seen by the others.
 * The first of n comes after a nth part of it on average, so the more there are the longer it may be without costing anything.
 */
function rushOf(state: LeaseState, now: number): number {
  const others = presentCandidates(state, now)?.length ?? 0;
  return Math.min(500, Math.max(25, others * 10));
}

function fingerprintOf(record: LeaseRecord | "absent" | undefined): string | undefined {
  return record === undefined || record === "absent" ? record : record.fingerprint;
}

function concludeAsHolder(turn: Turn, record: LeaseRecord | "absent"): void {
  const { state } = turn;
  if (record === "absent") {
    lose(turn, "the Lease was deleted");
    return;
  }
  const write = writeOf(state, record);
  if (record.holder === state.identity) {
    if (write !== undefined) committed(turn, write);
    else if (record.stamp !== state.committedStamp) lose(turn, "somebody else writes the Lease under our identity");
    return;
  }
  // Our own release, whose reply was lost or comes later.
  if (record.holder === "" && write !== undefined && state.drained) {
    abortFlight(turn);
    released(turn);
  } else lose(turn, record.holder === "" ? "somebody else released the Lease" : `"${record.holder}" holds it`);
}

function concludeAsCandidate(turn: Turn, record: LeaseRecord | "absent"): void {
  const { state } = turn;
  if (record === "absent" || record.holder !== state.identity) return;
  const write = writeOf(state, record);
  if (write === undefined) return;
  if (state.flight?.write?.stamp === write.stamp) abortFlight(turn);
  won(turn, write);
}

/** Which of our writes whose fate was open it is that the record shows. */
function writeOf(state: LeaseState, record: LeaseRecord): SentWrite | undefined {
  const open = [...state.unresolved, state.flight?.write, state.hedge?.write];
  return open.find((write) => write?.stamp === record.stamp);
}

/** The release is committed: whoever sees it may take the lease from now on. */
export function released(turn: Turn): void {
  setPhase(turn, "released", "released");
  endTerm(turn, "released");
}

/** When the lease can be taken, by our own clock; undefined: it is not known what is there. */
export function availableAt(state: LeaseState): number | undefined {
  const { seen } = state;
  if (seen === undefined) return undefined;
  if (seen === "absent") return Math.max(state.seenAt, state.respectUntil) + state.rushDelay;
  if (seen.holder === state.identity) return state.seenAt;
  if (seen.holder === "") return state.seenAt + state.rushDelay;
  // Not the clock of the holder: its record has stood still for its whole duration by ours (and the write is conditional on that).
  return state.seenAt + seen.duration + state.rushDelay;
}

/** Rises with every acquisition, also over a Lease that was deleted: the revision of the read is beyond every earlier token. */
export function nextToken(state: LeaseState): number {
  const { seen } = state;
  const revision = seen === undefined || seen === "absent" ? state.collectionVersion : seen.resourceVersion;
  const read = Number(revision);
  return Math.max(state.highestToken + 1, Number.isSafeInteger(read) ? read : 0);
}
