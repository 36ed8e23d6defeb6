/**
 * What Tenure asks of a logger; pino satisfies it as it is. `fields` are data to be searched for, `message` is for people.
 * No secret is ever passed to it.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** Whether a line of that level is written at all; lines that are not need not be put together. Default: they are. */
  isLevelEnabled?(level: LogLevel): boolean;
}

export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = "debug" | "info" | "warn" | "error";

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Drops everything. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, isLevelEnabled: () => false };

/** Writes one JSON object a line: `time` (ISO 8601, for people only), `level`, the fields, `message`. */
export function jsonLogger(options: { level?: LogLevel; write?: (line: string) => void } = {}): Logger {
  const lowest = levels.indexOf(options.level ?? "info");
  const write = options.write ?? standardError();
  const isLevelEnabled = (level: LogLevel) => levels.indexOf(level) >= lowest;
  const at = (level: LogLevel) => (fields: LogFields, message: string) => {
    if (!isLevelEnabled(level)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level, ...fields, message })}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), isLevelEnabled };
}

/** A reader of the log that has gone away must not end the process: its lines are lost, nothing else. */
function standardError(): (line: string) => void {
  if (!process.stderr.listeners("error").includes(ignore)) process.stderr.on("error", ignore);
  return (line) => void process.stderr.write(line);
}

function ignore(): void {}

/** A logger that adds `fields` to every line of `logger`. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  const at = (level: LogLevel) => (more: LogFields, message: string) => logger[level]({ ...fields, ...more }, message);
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    isLevelEnabled: (level) => logger.isLevelEnabled?.(level) ?? true,
  };
}
