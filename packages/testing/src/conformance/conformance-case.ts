/** The names of the cases, in the order in which they run. */
export type ConformanceCaseName =
  | "starts"
  | "stops within its deadline"
  | "ends when it is asked to stop in the middle of its start"
  | "stops after a start that failed"
  | "starts again as a fresh instance"
  | "answers for its health in time"
  | "leaves no timers, sockets or processes behind"
  | "leaves no listeners behind"
  | "writes nothing after its term has ended"
  | "survives many terms without growing"
  | "leaves no error unhandled";

/** One thing that every component must do. */
export interface ConformanceCase {
  readonly name: ConformanceCaseName;
  /** For the time limit of a test runner, in ms. What the case waits for has limits of its own, the component's. */
  readonly timeout: number;
  /**
   * Can be called many times.
   *
   * @returns undefined when it has passed; else why it does not apply to this component.
   * @throws ConformanceError
   */
  run(): Promise<string | undefined>;
}
