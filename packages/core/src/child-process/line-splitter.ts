import { StringDecoder } from "node:string_decoder";

/**
 * Cuts a stream of bytes into lines of text. Holds at most `longest` bytes, whatever the length of a line: of a longer one the
 * beginning is given, with its length. Bytes that are not UTF-8 become U+FFFD.
 */
export class LineSplitter {
  readonly #longest: number;
  readonly #onLine: (line: string) => void;
  /** The beginning of a line whose end has not come: copied, so that it does not hold the chunks that it came in. */
  #held: Buffer | undefined;
  /** Of that line so far, in bytes: more than are held once it is too long. */
  #length = 0;

  constructor(longest: number, onLine: (line: string) => void) {
    this.#longest = longest;
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    let begin = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, begin)) {
      const rest = chunk.subarray(begin, end);
      begin = end + 1;
      if (this.#length === 0 && rest.length <= this.#longest) {
        this.#emit(rest);
        continue;
      }
      this.#hold(rest);
      this.end();
    }
    if (begin < chunk.length) this.#hold(chunk.subarray(begin));
  }

  /** The last line may lack its end. A second call does nothing. */
  end(): void {
    if (this.#held === undefined || this.#length === 0) return;
    const bytes = this.#held.subarray(0, Math.min(this.#length, this.#longest));
    const length = this.#length;
    this.#length = 0;
    if (length === bytes.length) this.#emit(bytes);
    // A decoder that is not ended leaves out a character of which the cut has left only the first bytes.
    else this.#onLine(`${new StringDecoder("utf8").write(bytes)} … (${length} bytes in all)`);
  }

  #hold(part: Buffer): void {
    this.#held ??= Buffer.allocUnsafeSlow(this.#longest);
    part.copy(this.#held, Math.min(this.#length, this.#longest));
    this.#length += part.length;
  }

  #emit(line: Buffer): void {
    this.#onLine((line.at(-1) === 13 ? line.subarray(0, -1) : line).toString("utf8"));
  }
}
