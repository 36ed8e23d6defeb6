import type { Clock } from "../clock/clock.ts";
import { TenureError } from "../errors/tenure-error.ts";

/** The name of the scope that always holds, from the start of the process to its shutdown. */
export const processScope = "process";

/**
 * One uninterrupted right to act: from one acquisition of a lease to its end. Each acquisition makes a new one; an object
 * that was handed term 1 never becomes valid again in term 2.
 */
export interface Term {
  /** The name of the lease, or `process`. */
  readonly lease: string;
  /** The identity under which this process holds the lease. */
  readonly holder: string;
  /** 1 for the first term of this process, then 2, ... Of no meaning to other processes. */
  readonly number: number;
  /** The fencing token: rises with every term of the lease, whoever holds it. 0 for `process`. */
  readonly token: number;
  /** Aborts at the end of the right to write: not when draining begins, so that stop hooks may still write. The reason is a TermEndedError. */
  readonly signal: AbortSignal;
  /** Whether the right to act exists at this very moment, suspended time counted. Compares number and deadline; needs no event to have been delivered. */
  readonly held: boolean;
  /** Milliseconds until the right ends unless it is renewed; 0 when it has ended; Infinity for `process`. */
  remaining(): number;
  /** @throws TermEndedError when `held` is false. Called at the moment of sending by everything that writes. */
  assertHeld(): void;
}

/**
 * Until when a term is valid, as its renewer knows it. Read afresh at every question; the renewer advances `deadline` and
 * gives the slot another `number` when a new term begins, so that an object of term 1 never reads the deadline of term 2.
 */
export interface Validity {
  readonly number: number;
  /** On the clock of this process, in milliseconds. */
  readonly deadline: number;
}

export class TermEndedError extends TenureError {
  constructor(term: Pick<Term, "lease" | "number" | "token">, reason: string) {
    super(`term ${term.number} of lease "${term.lease}" (token ${term.token}) has ended: ${reason}`, {
      code: "TENURE_TERM_ENDED",
      remedy: "Let the operation end; a new instance of the component continues in the next term.",
    });
  }
}

/** A term together with the means to end it, which only the supervisor has. */
export interface TermControl {
  readonly term: Term;
  /** Aborts `term.signal`; from now on the term is not held. A second call does nothing. */
  end(reason: string): void;
}

export interface TermIdentity {
  readonly lease: string;
  readonly holder: string;
  readonly number: number;
  readonly token: number;
}

/** @param slot the number by which the renewer knows this term in `validity`; its own count, which a new elector begins anew. */
export function createTerm(
  identity: TermIdentity,
  validity: Validity,
  clock: Clock,
  slot: number = identity.number,
): TermControl {
  const abort = new AbortController();
  const term: Term = {
    ...identity,
    signal: abort.signal,
    get held() {
      return !abort.signal.aborted && validity.number === slot && clock.now() < validity.deadline;
    },
    remaining() {
      if (abort.signal.aborted || validity.number !== slot) return 0;
      return Math.max(0, validity.deadline - clock.now());
    },
    assertHeld() {
      if (abort.signal.aborted) throw abort.signal.reason;
      if (validity.number !== slot) throw new TermEndedError(identity, "a later term has begun");
      if (clock.now() >= validity.deadline) throw new TermEndedError(identity, "its deadline has passed");
    },
  };
  return {
    term,
    end(reason) {
      if (!abort.signal.aborted) abort.abort(new TermEndedError(identity, reason));
    },
  };
}

/** The term of process-scoped components: held until it is ended at the very end of the shutdown. */
export function createProcessTerm(holder: string, clock: Clock): TermControl {
  const validity: Validity = { number: 1, deadline: Number.POSITIVE_INFINITY };
  return createTerm({ lease: processScope, holder, number: 1, token: 0 }, validity, clock);
}
