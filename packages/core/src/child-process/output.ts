import type { Readable } from "node:stream";
import type { Logger, LogLevel } from "../log/logger.ts";
import { LineSplitter } from "./line-splitter.ts";

export interface OutputLine {
  /** Without its end. A line of more than 8 KiB is cut, and says so. */
  readonly text: string;
  readonly stream: "stdout" | "stderr";
}

/** At which level a line is logged; undefined: not at all, and it is not quoted in an error either. */
export type LevelOfLine = (line: OutputLine) => LogLevel | undefined;

/** Of a line, in bytes: longer than lines that people read, and with both streams 16 KiB at most are held. */
const longestLine = 8_192;
const levels: ReadonlySet<LogLevel> = new Set(["debug", "info", "warn", "error"]);
const keptLines = 20;
const keptCharacters = 500;

/** What a child process writes, by line: to the log, to whoever waits for a line, and the last ones for the error when it ends. */
export class Output {
  readonly #logger: Logger;
  readonly #levelOf: LevelOfLine;
  readonly #listeners = new Set<(line: OutputLine) => void>();
  #last: string[] = [];

  constructor(logger: Logger, levelOf: LevelOfLine) {
    this.#logger = logger;
    this.#levelOf = levelOf;
  }

  /** Of what is logged: at most 20 lines of at most 500 characters, oldest first. */
  get lastLines(): readonly string[] {
    return [...this.#last];
  }

  /** @returns a function that ends it */
  onLine(listener: (line: OutputLine) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  read(from: Readable, stream: OutputLine["stream"]): void {
    const lines = new LineSplitter(longestLine, (text) => this.#take({ text, stream }));
    from.on("data", (chunk: Buffer) => lines.write(chunk));
    // Destroyed with the instance, it closes without an end.
    from.once("close", () => lines.end());
    from.on("error", () => {});
  }

  #take(line: OutputLine): void {
    for (const listener of this.#listeners) listener(line);
    const level = this.#level(line);
    if (level === undefined) return;
    this.#logger[level]({ stream: line.stream }, line.text);
    this.#last.push(line.text.slice(0, keptCharacters));
    if (this.#last.length > keptLines) this.#last.shift();
  }

  #level(line: OutputLine): LogLevel | undefined {
    try {
      const level = this.#levelOf(line);
      if (level === undefined || levels.has(level)) return level;
    } catch {
      // As below.
    }
    // A line is not lost because its level could not be told.
    return "info";
  }
}
