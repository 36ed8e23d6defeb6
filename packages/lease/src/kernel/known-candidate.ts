/** Another candidate for the lease, as its own small record shows it. Times are on the injected clock, in ms. */
export interface KnownCandidate {
  readonly identity: string;
  /** The token of the last term in which it held the lease; 0: none that it says. */
  readonly lastTurn: number;
  /** It counts as present until then, unless its record changes again. */
  readonly presentUntil: number;
}

/** A turn of another's, seen on the Lease itself. */
export interface SeenTurn {
  readonly identity: string;
  readonly token: number;
}

/** The last time that this process gave the lease up because its components could not run. */
export interface GaveWay {
  /** Of the term that was given up: a higher one of another's is a turn since. */
  readonly token: number;
  readonly at: number;
  /** The others that were present then, and so were offered the lease. */
  readonly to: readonly string[];
  /** Another has been seen to hold the lease since. */
  readonly taken: boolean;
  /** When the lease was last seen to change hands since, or was given up. */
  readonly changedAt: number;
}
