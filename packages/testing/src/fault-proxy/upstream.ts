import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";

/** With which the proxy proves to the API server who the client is: its own cannot pass a proxy that ends TLS. In PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface UpstreamTarget {
  readonly url: URL;
  readonly authority: string | undefined;
}

export interface UpstreamRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  /** Ends the call, whatever it is at. */
  readonly signal: AbortSignal;
}

/** Free connections are closed before the API server closes them (90 s): a call that is sent at that moment would break. */
const idleTimeout = 60_000;

/** The connections to the API server, HTTP/1.1, for one connection of a client: those of two clients are never one. */
export class Upstream {
  readonly #target: UpstreamTarget;
  readonly #agent: Agent;

  constructor(target: UpstreamTarget, client: ClientCertificate | undefined) {
    this.#target = target;
    this.#agent = new Agent({
      keepAlive: true,
      timeout: idleTimeout,
      ...(target.authority !== undefined && { ca: target.authority }),
      ...(client && { cert: client.certificate, key: client.key }),
    });
  }

  /** Resolves with the head of the answer. */
  send(call: UpstreamRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(new URL(call.path, this.#target.url), {
        agent: this.#agent,
        method: call.method,
        headers: call.headers,
        signal: call.signal,
      });
      // Further errors, after the head, are told by the answer too.
      sent.on("error", reject);
      sent.on("response", (answer) => {
        answer.on("error", () => {});
        resolve(answer);
      });
      sent.end(call.body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
