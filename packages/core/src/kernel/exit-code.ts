/** How a controller's process ends. Listed in docs/reference/errors.md. */
export const exitCode = {
  ok: 0,
  /** The composition or its configuration is wrong; nothing was started. */
  composition: 1,
  /** A component with `onFailure: "exit"` has failed. */
  componentFailed: 69,
  /** A stop never ended: the process ended itself, with the lease unreleased. */
  stuck: 70,
  /** A bug of Tenure's: an illegal transition. */
  bug: 71,
  /** An error that nobody handled, and that is of no component. */
  unhandled: 72,
  /** A second signal asked for the end at once. */
  forced: 130,
} as const;
