import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";

export type DownstreamRequest = IncomingMessage | Http2ServerRequest;

/** Of one connection only, and so not for the other side; HTTP/2 refuses them. */
const hopByHop = new Set(
  "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split(
    " ",
  ),
);

/** What is passed on of a head. */
export function endToEnd(headers: Readonly<Record<string, string | string[] | undefined>>): OutgoingHttpHeaders {
  const named = new Set(String(headers.connection ?? "").split(/\s*,\s*/));
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !name.startsWith(":") && !hopByHop.has(name) && !named.has(name) && name !== "http2-settings",
    ),
  );
}

/** The answer to a client, over HTTP/1.1 or HTTP/2 alike. Writing to a client that has left does nothing. */
export class DownstreamReply {
  readonly #request: DownstreamRequest;
  readonly #response: ServerResponse | Http2ServerResponse;
  readonly #over = new AbortController();
  #ended = false;
  #whole = false;

  constructor(request: DownstreamRequest, response: ServerResponse | Http2ServerResponse) {
    this.#request = request;
    this.#response = response;
    // An error of the client's side is its end; `close` follows it.
    request.on("error", () => {});
    response.on("error", () => {});
    response.on("finish", () => {
      // A stream that was reset finishes too.
      this.#whole = this.#ended && !("stream" in response && response.stream.rstCode !== constants.NGHTTP2_NO_ERROR);
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
