import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";

export type DownstreamRequest = IncomingMessage | Http2ServerRequest;

/** Of one connection only, and so not for the other side; HTTP/2 refuses them. */
const hopByHop = new Set(
  "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade http2-settings".split(
    " ",
  ),
);

/** What is passed on of a head: names and values in turn, as they came, several of one name apart. */
export function endToEnd(rawHeaders: readonly string[]): OutgoingHttpHeaders {
  const headers = new Map<string, string[]>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    const values = headers.get(name) ?? [];
    values.push(rawHeaders[at + 1] ?? "");
    headers.set(name, values);
  }
  const named = new Set(headers.get("connection")?.flatMap((value) => value.toLowerCase().split(/\s*,\s*/)));
  return Object.fromEntries(
    [...headers]
      .filter(([name]) => !name.startsWith(":") && !hopByHop.has(name) && !named.has(name))
      .map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

/** The answer to a client, over HTTP/1.1 or HTTP/2 alike. Writing to a client that has left does nothing. */
export class DownstreamReply {
  readonly #request: DownstreamRequest;
  readonly #response: ServerResponse | Http2ServerResponse;
  readonly #over = new AbortController();
  #ended = false;
  #whole = false;
  #broken = false;

  constructor(request: DownstreamRequest, response: ServerResponse | Http2ServerResponse) {
    this.#request = request;
    this.#response = response;
    // An error of the client's side is its end; `close` follows it.
    request.on("error", () => {});
    response.on("error", () => {});
    // The response over HTTP/2 says so of every stream that has closed; the stream itself, of one that was reset when nothing waited.
    const sink = "stream" in response ? response.stream : response;
    sink.on("finish", () => {
      this.#whole = this.#ended && !this.#broken;
    });
    response.on("close", () => this.#over.abort());
  }

  /** Aborts when nothing more can be said: it was answered whole, or the client has left. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Everything was handed to the client's connection. */
  get whole(): boolean {
    return this.#whole;
  }

  /** It was broken off here. */
  get broken(): boolean {
    return this.#broken;
  }

  head(status: number, headers: OutgoingHttpHeaders): void {
    if (this.over.aborted) return;
    if ("stream" in this.#response) this.#response.writeHead(status, headers);
    else {
      this.#response.writeHead(status, headers);
      this.#response.flushHeaders();
    }
  }

  /** @returns false when the client does not keep up; `drained` tells when it does. */
  write(bytes: Buffer): boolean {
    if (this.over.aborted) return true;
    return "stream" in this.#response ? this.#response.write(bytes) : this.#response.write(bytes);
  }

  drained(listener: () => void): void {
    this.#response.once("drain", listener);
  }

  end(bytes: Buffer = Buffer.alloc(0)): void {
    if (this.over.aborted) return;
    this.#ended = true;
    this.#response.end(bytes);
  }

  /** Breaks off: over HTTP/1.1 the connection is closed, over HTTP/2 the stream is reset, and others go on. */
  break(): void {
    if (this.over.aborted) return;
    this.#broken = true;
    if ("stream" in this.#response) this.#response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else this.#request.socket.destroy();
  }

  /** Breaks off when these bytes have left. */
  breakAfter(bytes: Buffer): void {
    if (this.over.aborted) return;
    const left = () => this.break();
    if ("stream" in this.#response) this.#response.write(bytes, "utf8", left);
    else this.#response.write(bytes, left);
  }
}
