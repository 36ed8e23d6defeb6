import { TenureError, type TenureErrorOptions } from "../errors/tenure-error.ts";

export type ChildProcessErrorCode =
  | "TENURE_CHILD_UNSUPPORTED"
  | "TENURE_CHILD_NOT_FOUND"
  | "TENURE_CHILD_BAD_OPTION"
  | "TENURE_CHILD_START_FAILED"
  | "TENURE_CHILD_EXITED"
  | "TENURE_CHILD_UNGUARDED"
  | "TENURE_CHILD_STATE"
  | "TENURE_CHILD_IN_USE"
  | "TENURE_CHILD_LEFTOVER";

/** How a process ended. One of the two is null. */
export interface ChildProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildProcessErrorOptions extends TenureErrorOptions {
  readonly code: ChildProcessErrorCode;
  readonly command?: string;
  readonly exit?: ChildProcessExit;
  readonly lastLines?: readonly string[];
}

/** Of a child process: what could not be started, or how it ended. Never holds its arguments or its environment. */
export class ChildProcessError extends TenureError {
  /** The file that was to run, as it was found. */
  readonly command: string | undefined;
  /** Null when a signal ended it; undefined when it has not ended. */
  readonly exitCode: number | null | undefined;
  /** Null when it ended by itself; undefined when it has not ended. */
  readonly signal: NodeJS.Signals | null | undefined;
  /** What it wrote last on either stream, at most 20 lines of at most 500 characters, oldest first. */
  readonly lastLines: readonly string[];

  constructor(message: string, options: ChildProcessErrorOptions) {
    super(message, options);
    this.command = options.command;
    this.exitCode = options.exit?.code;
    this.signal = options.exit?.signal;
    this.lastLines = options.lastLines ?? [];
  }
}

/** How many of the last lines the message quotes, which is all that the snapshot has of an error. */
const quotedLines = 5;

/** An exit that nobody asked for. */
export function exitError(
  code: "TENURE_CHILD_START_FAILED" | "TENURE_CHILD_EXITED",
  of: { readonly command: string; readonly exit: ChildProcessExit; readonly lastLines: readonly string[] },
): ChildProcessError {
  const { command, exit, lastLines } = of;
  const how = exit.signal === null ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
  const when = code === "TENURE_CHILD_START_FAILED" ? " before it was ready" : "";
  const wrote =
    lastLines.length === 0 ? "it wrote nothing" : `it wrote last: ${lastLines.slice(-quotedLines).join(" | ")}`;
  return new ChildProcessError(`${command} ${how}${when}; ${wrote}`, {
    code,
    remedy: "Look at what it wrote last, and at the arguments that it was given.",
    ...of,
  });
}
