export interface TenureErrorOptions {
  /** Stable, upper case with underscores; listed in docs/reference/errors.md. */
  readonly code: string;
  /** What the reader can do about it, as one imperative sentence. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** The base of every error that Tenure makes: what went wrong and where in the message, why as the cause, what to do as the remedy. */
export class TenureError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(message: string, options: TenureErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.remedy = options.remedy;
  }

  /** What `describeError` says of it, causes aside: one whose message says more, or all, overrides this. */
  get told(): { readonly text: string; readonly remedy: string } {
    return { text: `${this.code}: ${this.message}`, remedy: this.remedy };
  }
}

/** An error for people, in one line unless its message has several: its code, its message, the messages of its causes, and the remedy. Never a stack. */
export function describeError(error: unknown): string {
  try {
    return describe(error);
  } catch {
    // Whatever is thrown has to be told of: also what cannot be made a text.
    return "an error that cannot be described";
  }
}

function describe(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  let remedy: string | undefined;
  for (let depth = 0; current !== undefined && current !== null && depth < 8; depth++) {
    if (current instanceof TenureError) {
      const { told } = current;
      parts.push(told.text);
      remedy ??= told.remedy;
      current = current.cause;
    } else if (current instanceof Error) {
      const code = "code" in current && typeof current.code === "string" ? current.code : undefined;
      const message =
        current.message || (current instanceof AggregateError ? joinMessages(current.errors) : current.name);
      parts.push(code !== undefined && !message.includes(code) ? `${message} (${code})` : message);
      current = current.cause;
    } else {
      parts.push(String(current));
      break;
    }
  }
  const text = parts.join(": ");
  return text + (remedy === undefined || remedy === "" ? "" : `${text.includes("\n") ? "\n" : " "}→ ${remedy}`);
}

function joinMessages(errors: readonly unknown[]): string {
  return errors.map((error) => (error instanceof Error ? error.message : String(error))).join("; ");
}
