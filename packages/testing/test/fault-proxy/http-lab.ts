import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { HttpFaultProxy, type HttpFaultProxyOptions, selfSignedCertificate } from "@tenure/testing";
import { Agent, request } from "undici";
import { onTestFinished } from "vitest";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A client of one protocol. Rejects when there is no answer, or only a part of one. */
export interface Client {
  call(method: string, path: string, options?: { body?: string; headers?: Record<string, string> }): Promise<Answer>;
  /** A watch: what came so far, and how it ended. */
  watch(path: string): Promise<Watching>;
}

export interface Watching {
  readonly text: string;
  /** Resolves when `text` contains this. */
  seen(text: string): Promise<void>;
  /** Resolves with "end" or the error that it broke with. */
  readonly ended: Promise<unknown>;
  leave(): void;
}

/** What the server of the lab has been asked. */
export interface Served {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly commonName: string | undefined;
  readonly response: ServerResponse;
}

/** An HTTPS server that stands in for the API server: it commits every write at once, answers it, and leaves watches to the test. */
export class LabServer {
  readonly served: Served[] = [];
  readonly certificate = selfSignedCertificate("lab-server");
  connections = 0;
  readonly #server: Server;
  readonly #listeners = new Set<() => void>();
  /** Before it answers. */
  onRequest: (served: Served) => Promise<void> | void = () => {};

  constructor() {
    this.#server = createServer({
      cert: this.certificate.certificate,
      key: this.certificate.key,
      requestCert: true,
      rejectUnauthorized: false,
    });
    // As that of an API server: what is idle stays open.
    this.#server.keepAliveTimeout = 0;
    this.#server.on("connection", () => this.connections++);
    this.#server.on("request", (message, response) => void this.#serve(message, response));
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen({ host: "127.0.0.1", port });
    await once(this.#server, "listening");
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get target(): NonNullable<HttpFaultProxyOptions["target"]> {
    return { url: `https://127.0.0.1:${this.port}`, authority: this.certificate.certificate };
  }

  /** Resolves with the nth request, from 1. */
  async request(number: number): Promise<Served> {
    for (;;) {
      const found = this.served[number - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  /** Resolves when no connection is open. */
  async idle(): Promise<void> {
    while ((await promisify(this.#server.getConnections.bind(this.#server))()) > 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => {});
    const parts: Buffer[] = [];
    for await (const part of message) parts.push(part);
    const { subject } = (message.socket as TLSSocket).getPeerCertificate();
    const { method = "", url = "", headers } = message;
    const commonName = subject === undefined ? undefined : String(subject.CN);
    const served = { method, url, headers, body: Buffer.concat(parts).toString(), commonName, response };
    this.served.push(served);
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
    await this.onRequest(served);
    if (response.headersSent || response.destroyed) return;
    response.setHeader("content-type", "application/json");
    if (/[?&]watch=(1|true)/.test(url)) response.flushHeaders();
    else response.end(JSON.stringify({ method, url, body: served.body }));
  }
}

export async function startLab(
  options: Partial<HttpFaultProxyOptions> = {},
): Promise<{ server: LabServer; proxy: HttpFaultProxy }> {
  const server = new LabServer();
  await server.listen();
  const proxy = await HttpFaultProxy.start({ target: server.target, ...options });
  onTestFinished(async () => {
    await proxy.stop();
    await server.stop();
  });
  return { server, proxy };
}

export type Protocol = "HTTP/1.1" | "HTTP/2";

export function clientOf(
  protocol: Protocol,
  proxy: HttpFaultProxy,
  identity?: { readonly certificate: string; readonly key: string },
): Client {
  return protocol === "HTTP/2" ? overHttp2(proxy, identity) : overHttp1(proxy, identity);
}

function overHttp1(proxy: HttpFaultProxy, identity?: { certificate: string; key: string }): Client {
  const tls = { ca: proxy.authority, ...(identity && { cert: identity.certificate, key: identity.key }) };
  const dispatcher = new Agent({ allowH2: false, connect: tls });
  onTestFinished(() => dispatcher.destroy());
  return {
    async call(method, path, { body, headers } = {}) {
      const answer = await request(`${proxy.url}${path}`, {
        dispatcher,
        method,
        ...(headers && { headers }),
        ...(body !== undefined && { body }),
      });
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    },
    async watch(path) {
      const abort = new AbortController();
      const { body } = await request(`${proxy.url}${path}`, { dispatcher, signal: abort.signal });
      return watching(body, () => abort.abort());
    },
  };
}

function overHttp2(proxy: HttpFaultProxy, identity?: { certificate: string; key: string }): Client {
  const session: ClientHttp2Session = connect(proxy.url, {
    ca: proxy.authority,
    ...(identity && { cert: identity.certificate, key: identity.key }),
  });
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  return {
    async call(method, path, { body, headers } = {}) {
      const stream = session.request({ ":method": method, ":path": path, ...headers }, { endStream: false });
      stream.end(body);
      let status = 0;
      let answered: Record<string, unknown> = {};
      stream.on("response", (head) => {
        status = head[":status"] ?? 0;
        answered = head;
      });
      let text = "";
      for await (const part of stream) text += String(part);
      if (status === 0) throw new Error("no answer");
      return { status, headers: answered, text };
    },
    async watch(path) {
      const stream = session.request({ ":path": path });
      const broken = once(stream, "close").then(() => Promise.reject(new Error("no answer")));
      await Promise.race([once(stream, "response"), broken]);
      broken.catch(() => {});
      return watching(stream, () => stream.close());
    },
  };
}

function watching(body: NodeJS.ReadableStream & AsyncIterable<unknown>, leave: () => void): Watching {
  let text = "";
  const listeners = new Set<() => void>();
  const ended = (async () => {
    for await (const part of body) {
      text += String(part);
      for (const listener of listeners) listener();
    }
    return "end";
  })().catch((error: unknown) => error);
  return {
    get text() {
      return text;
    },
    async seen(wanted) {
      while (!text.includes(wanted)) await new Promise<void>((resolve) => listeners.add(resolve));
    },
    ended,
    leave,
  };
}
