import { deadline, drainAt, isHolding, type LeaseState, renewInterval, type SentWrite } from "./lease-state.ts";
import { abortFlight, setPhase, type Turn } from "./turn.ts";

/**
 * The acquiring write is known to be committed. The term counts from its sending. If so much time has passed that it would have to
 * drain at once, or we are leaving, nothing is started: it is released.
 */
export function won(turn: Turn, write: SentWrite): void {
  const { state, now } = turn;
  state.token = write.token;
  state.committedAt = write.sentAt;
  state.committedStamp = write.stamp;
  state.unresolved = [];
  state.yieldReason = undefined;
  state.nextTryAt = write.sentAt + renewInterval(state);
  if (state.leaving !== undefined || now >= drainAt(state)) {
    state.granted = false;
    state.drained = true;
    state.nextTryAt = now;
    setPhase(turn, "draining", state.leaving ?? "acquired too late to begin anything");
    return;
  }
  state.number++;
  state.granted = true;
  state.drained = false;
  setPhase(turn, "held", "acquired");
  turn.commands.push({ type: "validity", number: state.number, deadline: deadline(state) });
  turn.commands.push({ type: "granted", number: state.number, token: state.token });
}

/** A renewal of the current term is known to be committed: validity counts from its sending, whenever we learn of it. */
export function committed(turn: Turn, write: SentWrite): void {
  const { state, now } = turn;
  if (write.sentAt < state.committedAt) return;
  if (state.granted && write.stamp !== state.committedStamp) {
    const margin = (state.phase === "draining" ? deadline(state) : drainAt(state)) - now;
    turn.commands.push({ type: "renewed", number: state.number, latency: now - write.sentAt, margin });
  }
  state.committedAt = write.sentAt;
  state.committedStamp = write.stamp;
  state.unresolved = state.unresolved.filter((other) => other.sentAt > write.sentAt);
  state.nextTryAt = write.sentAt + renewInterval(state);
  if (state.granted) turn.commands.push({ type: "validity", number: state.number, deadline: deadline(state) });
  if (state.phase === "renewing-late" && now < lateAt(state)) setPhase(turn, "held", "renewed");
}

/** One renewal has failed, and the next tries have too. */
function lateAt(state: LeaseState): number {
  return state.committedAt + renewInterval(state) + state.timing.retryPeriod;
}

/** What must happen because of the time alone. */
export function expire(turn: Turn): void {
  const { state, now } = turn;
  if (!isHolding(state)) return;
  if (now >= deadline(state)) {
    lose(turn, `it was not renewed for ${Math.round(now - state.committedAt)} ms${because(state)}`);
    return;
  }
  if (state.phase !== "draining" && now >= drainAt(state)) {
    drain(turn, `it could not be renewed for ${Math.round(now - state.committedAt)} ms${because(state)}`);
  } else if (state.phase === "held" && now >= lateAt(state)) {
    setPhase(
      turn,
      "renewing-late",
      `the last renewal was sent ${Math.round(now - state.committedAt)} ms ago${because(state)}`,
    );
  }
}

function because(state: LeaseState): string {
  return state.trouble === undefined ? "" : `: ${state.trouble}`;
}

/** Begin to stop; the right to act goes on, and so does renewing. */
export function drain(turn: Turn, why: string): void {
  const { state } = turn;
  if (state.phase !== "held" && state.phase !== "renewing-late") return;
  setPhase(turn, "draining", why);
  turn.commands.push({ type: "draining", number: state.number, reason: why });
}

/** The right to act is over, now. */
export function lose(turn: Turn, why: string): void {
  abortFlight(turn);
  setPhase(turn, "lost", why);
  endTerm(turn, why);
}

export function endTerm(turn: Turn, why: string): void {
  const { state } = turn;
  state.unresolved = [];
  state.committedStamp = undefined;
  if (!state.granted) return;
  state.granted = false;
  turn.commands.push({ type: "validity", number: state.number, deadline: 0 });
  turn.commands.push({ type: "ended", number: state.number, reason: why });
}

/** When time alone changes something next; undefined: never. */
export function nextExpiry(state: LeaseState): number | undefined {
  if (!isHolding(state)) return undefined;
  if (state.phase === "draining") return deadline(state);
  return state.phase === "held" ? Math.min(lateAt(state), drainAt(state)) : drainAt(state);
}
