/** What went wrong, for programs. People read `message` and `remedy`. */
export type ControlPlaneErrorCode =
  /** There are no binaries, and no Go to build them with. */
  | "CONTROL_PLANE_NO_GO"
  /** A place named by `TENURE_CONTROL_PLANE` or `KUBEBUILDER_ASSETS` lacks a binary that is needed. */
  | "CONTROL_PLANE_BINARY_MISSING"
  | "CONTROL_PLANE_BUILD_FAILED"
  /** A server ended, or could not be started at all, before it was ready. The message shows the end of its log. */
  | "CONTROL_PLANE_START_FAILED"
  /** A server ran but was not ready in time. The message shows the end of its log. */
  | "CONTROL_PLANE_START_TIMEOUT"
  /** A server found its port taken. `startControlPlane` tries other ports before this reaches the caller. */
  | "CONTROL_PLANE_PORT_TAKEN"
  /** Another process, or this one, runs a control plane in the same data directory. */
  | "CONTROL_PLANE_DIRECTORY_IN_USE"
  | "CONTROL_PLANE_INVALID_OPTION"
  /** The API server answered a request of ours with an error, or not at all. */
  | "CONTROL_PLANE_REQUEST_FAILED"
  /** A server was asked for something that needs it to run, and it does not. */
  | "CONTROL_PLANE_NOT_RUNNING";

/** Every error that this package throws on purpose. `remedy` says what the reader can do about it. */
export class ControlPlaneError extends Error {
  override readonly name = "ControlPlaneError";
  readonly code: ControlPlaneErrorCode;
  readonly remedy: string;

  constructor(code: ControlPlaneErrorCode, message: string, remedy: string, options?: { cause?: unknown }) {
    super(`${message}\n${remedy}`, options);
    this.code = code;
    this.remedy = remedy;
  }
}
