import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { type Clock, systemClock } from "@tenure/core";
import { type Call, CallLog } from "./call-log.ts";
import type { CallMatch } from "./call-target.ts";
import { DownstreamReply } from "./downstream-reply.ts";
import { exchange } from "./exchange.ts";
import { type FaultEffect, type FaultHandle, FaultRule, type RuleOptions, wrongOption } from "./fault-rule.ts";
import { type Kubeconfig, kubeconfigText, readKubeconfig } from "./kubeconfig.ts";
import { RuleBook } from "./rule-book.ts";
import { type ServingCertificate, selfSignedCertificate } from "./serving-certificate.ts";
import { type ClientCertificate, Upstream, type UpstreamTarget } from "./upstream.ts";

/** Who a client says it is by its certificate, which nobody has verified. */
export interface ClientIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

export interface HttpFaultProxyOptions {
  /** Path of a kubeconfig: its current context names the API server, and its user, when the user has one, the certificate to call it with. */
  readonly kubeconfig?: string;
  /** The API server, `https://host:port`, and the authority of its certificate, in PEM. Default: those of the kubeconfig. */
  readonly target?: { readonly url: string; readonly authority?: string };
  /**
   * With which the API server is called, since a client's own certificate does not pass: one for all, or chosen by whom the client's
   * certificate names (undefined: it has none). Default: that of the kubeconfig. A call
   * with an Authorization header passes with that header alone.
   */
  readonly clientCertificate?:
    | ClientCertificate
    | ((client: ClientIdentity | undefined) => ClientCertificate | undefined);
  /** Shown to clients. Default: a new one for 127.0.0.1, ::1 and localhost. */
  readonly serving?: ServingCertificate;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** How many calls are kept for `calls`. Default 10,000: some MB. Counts are of all. */
  readonly capacity?: number;
}

interface Connection {
  readonly number: number;
  readonly socket: Socket;
  /** By the certificate that they show; undefined: none. */
  readonly upstreams: Map<string | undefined, Upstream>;
}

/**
 * A proxy on loopback that ends TLS, speaks HTTP/1.1 and HTTP/2 with clients, and passes their calls on to an API server over
 * HTTP/1.1, each client connection over connections of its own. It records every call, and harms on command those that match.
 */
export class HttpFaultProxy {
  readonly port: number;
  /** What clients must trust, in PEM. */
  readonly authority: string;
  readonly #server: Http2SecureServer;
  readonly #kubeconfig: Kubeconfig | undefined;
  readonly #clientCertificate: HttpFaultProxyOptions["clientCertificate"];
  readonly #target: UpstreamTarget;
  readonly #clock: Clock;
  readonly #log: CallLog;
  readonly #rules = new RuleBook();
  /** By the client's port, which is what a request over either protocol tells of its connection. */
  readonly #connections = new Map<number, Connection>();
  readonly #exchanges = new Set<Promise<void>>();
  #accepted = 0;
  #folder: Promise<string> | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(
    server: Http2SecureServer,
    port: number,
    options: HttpFaultProxyOptions & { readonly serving: ServingCertificate },
    target: UpstreamTarget,
    kubeconfig: Kubeconfig | undefined,
  ) {
    this.#server = server;
    this.port = port;
    this.authority = options.serving.authority ?? options.serving.certificate;
    this.#kubeconfig = kubeconfig;
    this.#clientCertificate = options.clientCertificate ?? kubeconfig?.clientCertificate;
    this.#target = target;
    this.#clock = options.clock ?? systemClock;
    this.#log = new CallLog(options.capacity ?? 10_000);
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.on("request", (request, response) => this.#serve(request, response));
  }

  /** @throws FaultProxyError `TENURE_FAULT_PROXY_OPTION`. */
  static async start(options: HttpFaultProxyOptions): Promise<HttpFaultProxy> {
    const { serving = selfSignedCertificate("fault-proxy"), capacity = 1 } = options;
    const kubeconfig = options.kubeconfig === undefined ? undefined : await readKubeconfig(options.kubeconfig);
    const { url, authority } = options.target ?? { url: kubeconfig?.server, authority: kubeconfig?.authority };
    if (url === undefined) throw wrongOption("there is no API server to call", "Give a kubeconfig, or a target.");
    if (!/^https:\/\//.test(url) || !URL.canParse(url)) {
      throw wrongOption(`the API server is at "${url}"`, "Write https://host:port.");
    }
    if (!(Number.isInteger(capacity) && capacity > 0)) throw wrongOption(`capacity is ${capacity}`, "Give 1 or more.");
    const server = createSecureServer({
      allowHTTP1: true,
      cert: serving.certificate,
      key: serving.key,
      // To learn whom it names; whoever reaches loopback is believed.
      requestCert: true,
      rejectUnauthorized: false,
      // A real server's connections last; Node's own would close idle ones after 5 s, and slow requests after 300 s.
      ...{ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
    });
    for (const event of ["sessionError", "tlsClientError"]) server.on(event, () => {});
    server.on("clientError", (_error: Error, socket: Socket) => void socket.destroy());
    server.listen({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new TypeError("the proxy has no TCP address");
    const target = { url: new URL(url), authority };
    return new HttpFaultProxy(server, address.port, { ...options, serving }, target, kubeconfig);
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Open connections of clients now, and all that were ever accepted. */
  get connections(): { readonly open: number; readonly accepted: number } {
    return { open: this.#connections.size, accepted: this.#accepted };
  }

  /** Path of a new kubeconfig that leads here, for a user with this token; default, for the user of the kubeconfig that was given. Removed by `stop`. */
  async kubeconfig({ token }: { readonly token?: string } = {}): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), "fault-proxy-"));
    const path = join(await this.#folder, `kubeconfig-${crypto.randomUUID()}`);
    const user = token === undefined ? (this.#kubeconfig?.user ?? {}) : { token };
    const text = kubeconfigText(this.url, this.authority, { user, namespace: this.#kubeconfig?.namespace });
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  /** Those recorded that match, in the order in which they came; at most the last `capacity` of all. */
  calls(match: CallMatch = {}): readonly Call[] {
    return this.#log.calls(match);
  }

  /** How many calls that match have come since the start: all of them, also those that are no longer kept. */
  count(match: CallMatch = {}): number {
    return this.#log.count(match);
  }

  /**
   * Resolves with the first call that matches and comes from now on, when it is over; a watch, when it has begun.
   * `after`: the number of a call, 0 for none; recorded calls with a higher number count too.
   * @throws FaultProxyError `TENURE_FAULT_PROXY_NEVER` when the proxy is stopped before.
   */
  waitForCall(match: CallMatch = {}, options: { readonly after?: number } = {}): Promise<Call> {
    return this.#log.waitFor(match, options.after ?? this.#log.last);
  }

  /** Answers with this status, as the API server writes it, without asking the server. `retryAfter` in s: the header Retry-After. */
  answer(
    status: number,
    match: CallMatch,
    options: RuleOptions & { readonly retryAfter?: number; readonly message?: string } = {},
  ): FaultHandle {
    if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
      throw wrongOption(`the status is ${status}`, "Give one of an error: 400 to 599.");
    }
    const { retryAfter, message } = options;
    return this.#add(
      {
        kind: "answer",
        status,
        ...(retryAfter !== undefined && { retryAfter }),
        ...(message !== undefined && { message }),
      },
      match,
      options,
    );
  }

  /** Holds calls back before the server is asked: for `delay` ms, or until the fault is removed. */
  delayRequest(match: CallMatch, options: RuleOptions & { readonly delay?: number } = {}): FaultHandle {
    return this.#add({ kind: "delay-request", delay: delayOf(options) }, match, options);
  }

  /** Holds answers back that are here whole, so that the server has committed: for `delay` ms, or until the fault is removed. */
  delayReply(match: CallMatch, options: RuleOptions & { readonly delay?: number } = {}): FaultHandle {
    return this.#add({ kind: "delay-reply", delay: delayOf(options) }, match, options);
  }

  /** Loses answers that are here whole, so that the server has committed: the client's connection closes, or stays open and silent. */
  dropReply(match: CallMatch, options: RuleOptions & { readonly how?: "close" | "hang" } = {}): FaultHandle {
    return this.#add({ kind: "drop-reply", how: options.how ?? "close" }, match, options);
  }

  /** From now on nothing comes of watches, those that go on and later ones, not even their end, until the client leaves; also when the fault is removed. */
  hangWatch(match: CallMatch = {}, options: RuleOptions = {}): FaultHandle {
    return this.#add({ kind: "hang-watch" }, match, options);
  }

  /** Ends watches, those that go on and later ones, by an ERROR event with a Status 410, as when their version was too old. In JSON only; others go on. */
  expireWatch(match: CallMatch = {}, options: RuleOptions = {}): FaultHandle {
    return this.#add({ kind: "expire-watch" }, match, options);
  }

  /** Breaks watches off, those that go on and later ones: at once, or, `midEvent`, when half of their next event was sent. */
  cutWatch(match: CallMatch = {}, options: RuleOptions & { readonly midEvent?: boolean } = {}): FaultHandle {
    return this.#add({ kind: "cut-watch", midEvent: options.midEvent ?? false }, match, options);
  }

  /** Removes every fault. What has hung stays so. */
  heal(): void {
    this.#rules.clear();
  }

  /** Closes every connection, of both sides. A second call awaits the first. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const { socket } of this.#connections.values()) socket.destroy();
    await closed;
    this.heal();
    await Promise.all(this.#exchanges);
    this.#log.close();
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }

  #add(effect: FaultEffect, match: CallMatch, options: RuleOptions): FaultHandle {
    const rule = new FaultRule(effect, match, options);
    this.#rules.add(rule);
    return rule;
  }

  #accept(socket: Socket): void {
    const port = socket.remotePort;
    const connection: Connection = { number: ++this.#accepted, socket, upstreams: new Map() };
    socket.on("error", () => {});
    // A head and its body are two writes: without this the second waits 40 ms for the client's acknowledgement.
    socket.setNoDelay(true);
    if (port === undefined) return void socket.destroy();
    this.#connections.set(port, connection);
    socket.on("close", () => {
      // The port may be another connection's by now.
      if (this.#connections.get(port) === connection) this.#connections.delete(port);
      for (const upstream of connection.upstreams.values()) upstream.close();
    });
  }

  #serve(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void {
    const reply = new DownstreamReply(request, response);
    const socket = request.socket as TLSSocket;
    const connection = this.#connections.get(socket.remotePort ?? 0);
    if (connection === undefined) {
      reply.break();
      return;
    }
    const certificate = request.headers.authorization === undefined ? this.#certificateFor(socket) : undefined;
    const upstream = connection.upstreams.get(certificate?.certificate) ?? new Upstream(this.#target, certificate);
    connection.upstreams.set(certificate?.certificate, upstream);
    const { number } = connection;
    const context = { clock: this.#clock, log: this.#log, rules: this.#rules, connection: number, upstream };
    const running = exchange(request, reply, context).finally(() => this.#exchanges.delete(running));
    this.#exchanges.add(running);
  }

  #certificateFor(socket: TLSSocket): ClientCertificate | undefined {
    const chosen = this.#clientCertificate;
    return typeof chosen === "function" ? chosen(identityOf(socket)) : chosen;
  }
}

function identityOf(socket: TLSSocket): ClientIdentity | undefined {
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  return { commonName: String(subject.CN ?? ""), organizations: [subject.O ?? []].flat() };
}

function delayOf({ delay = Number.POSITIVE_INFINITY }: { readonly delay?: number }): number {
  if (!(delay >= 0)) throw wrongOption(`delay is ${delay}`, "Give ms, or leave it out: until the fault is removed.");
  return delay;
}
