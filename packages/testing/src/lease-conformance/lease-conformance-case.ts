/** The names of the cases, in the order in which they run. */
export type LeaseConformanceCaseName =
  | "acquires a free lease"
  | "tells from turns of its own"
  | "is held by one of two at most"
  | "is held by one of five at most"
  | "is taken over after a release"
  | "numbers its terms one by one"
  | "raises the token with every term"
  | "leaves a term ended"
  | "releases only when nothing of the term runs any more"
  | "pauses after a yield"
  | "keeps a lease that it refuses to give up"
  | "leaves when it is withdrawn"
  | "leaves no timers or sockets behind"
  | "ends in time when it is cut off, and regains in a new term"
  | "ends at once when another holder is seen"
  | "survives many terms without growing";

/** One thing that every elector must do. */
export interface LeaseConformanceCase {
  readonly name: LeaseConformanceCaseName;
  /** For the time limit of a test runner, in ms. What the case waits for has limits of its own, those of the options. */
  readonly timeout: number;
  /**
   * Can be called many times.
   *
   * @returns undefined when it has passed; else why it does not apply to this provider.
   * @throws LeaseConformanceError
   */
  run(): Promise<string | undefined>;
}
