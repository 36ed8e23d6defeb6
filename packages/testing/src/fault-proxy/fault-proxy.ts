import { connect, createServer, type Server, type Socket } from "node:net";
import { type Clock, systemClock } from "@tenure/core";
import { atOnce, type BytePace, delayed, seededRandom, throttled } from "./byte-pace.ts";
import { BytePath } from "./byte-path.ts";
import { wrongOption } from "./fault-rule.ts";

export interface FaultProxyOptions {
  /** Where to forward to. `host` defaults to 127.0.0.1. */
  readonly target: { readonly host?: string; readonly port: number };
  /** Times latency and throttling. Default: the system's. */
  readonly clock?: Clock;
}

/** What the proxy does to the bytes now: one of these at a time. Two at once are two proxies, one behind the other. */
export type Fault =
  /** Forwards. */
  | { readonly kind: "none" }
  /** Resets every connection and refuses new ones: the network says no at once. */
  | { readonly kind: "cut" }
  /** Holds every byte back, in the directions named, and the news that a side has closed; connections stay open and new ones are accepted. When healed, what was held back arrives late, as with TCP over a network that was down. */
  | { readonly kind: "black-hole"; readonly toServer: boolean; readonly toClient: boolean }
  /** Each way, in ms; with a jitter, up to that much more, in order all the same. */
  | { readonly kind: "latency"; readonly delay: number; readonly jitter: number; readonly seed: number }
  /** Bytes per second of each connection, each way; Infinity: as they come. */
  | { readonly kind: "throttle"; readonly toServer: number; readonly toClient: number };

interface Connection {
  readonly number: number;
  readonly client: Socket;
  readonly server: Socket;
  readonly toServer: BytePath;
  readonly toClient: BytePath;
}

/**
 * A TCP proxy on loopback that harms what passes on command, without looking at it, so that TLS stays intact. For the
 * connection of one process to the API server. A fault holds for the connections that there are and for new ones, until the next.
 */
export class FaultProxy {
  readonly port: number;
  readonly #listener: Server;
  readonly #connections = new Set<Connection>();
  readonly #target: { readonly host: string; readonly port: number };
  readonly #clock: Clock;
  #fault: Fault = { kind: "none" };
  #accepted = 0;

  private constructor(listener: Server, port: number, options: FaultProxyOptions) {
    this.#listener = listener;
    this.port = port;
    this.#target = { host: options.target.host ?? "127.0.0.1", port: options.target.port };
    this.#clock = options.clock ?? systemClock;
    listener.on("connection", (client) => this.#accept(client));
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const listener = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen({ host: "127.0.0.1", port: 0 }, resolve);
    });
    const address = listener.address();
    if (address === null || typeof address === "string") throw new TypeError("the proxy has no TCP address");
    return new FaultProxy(listener, address.port, options);
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  get fault(): Fault {
    return this.#fault;
  }

  /** Open connections now, and all that were ever accepted. */
  get connections(): { readonly open: number; readonly accepted: number } {
    return { open: this.#connections.size, accepted: this.#accepted };
  }

  cut(): void {
    this.#fault = { kind: "cut" };
    this.reset();
  }

  /** Default: both ways. */
  blackHole(directions: { readonly toServer?: boolean; readonly toClient?: boolean } = {}): void {
    const { toServer = true, toClient = true } = directions;
    this.#set({ kind: "black-hole", toServer, toClient });
  }

  /** Each way `delay` ms later, so that a round trip takes twice that, and up to `jitter` ms more (default 0), drawn from `seed` (default 1). */
  latency({
    delay,
    jitter = 0,
    seed = 1,
  }: {
    readonly delay: number;
    readonly jitter?: number;
    readonly seed?: number;
  }): void {
    if (!(delay >= 0 && jitter >= 0)) throw wrongOption(`latency of ${delay} and ${jitter}`, "Give ms, 0 or more.");
    this.#set({ kind: "latency", delay, jitter, seed });
  }

  /** Bytes per second for each connection. Default: as they come. */
  throttle(rates: { readonly toServer?: number; readonly toClient?: number }): void {
    const { toServer = Number.POSITIVE_INFINITY, toClient = Number.POSITIVE_INFINITY } = rates;
    if (!(toServer > 0 && toClient > 0)) {
      throw wrongOption(`throttle to ${toServer} and ${toClient}`, "Give more than 0, or use blackHole.");
    }
    this.#set({ kind: "throttle", toServer, toClient });
  }

  /** Resets, both ways and whatever the fault, the connections that are open. New ones are accepted, unless `cut`. */
  reset(): void {
    for (const connection of this.#connections) reset(connection);
  }

  /** Forwards again, what was held back first. */
  heal(): void {
    this.#set({ kind: "none" });
  }

  /** Resets what is open and stops listening. A second call does nothing. */
  async stop(): Promise<void> {
    this.reset();
    if (!this.#listener.listening) return;
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #set(fault: Fault): void {
    this.#fault = fault;
    for (const connection of this.#connections) this.#applyTo(connection);
  }

  #accept(client: Socket): void {
    const number = ++this.#accepted;
    if (this.#fault.kind === "cut") {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    const connection: Connection = {
      number,
      client,
      server,
      toServer: new BytePath(client, server, this.#clock),
      toClient: new BytePath(server, client, this.#clock),
    };
    this.#connections.add(connection);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // An error of one side is an end for the other; `close` follows it.
      socket.on("error", () => {});
      socket.on("close", () => {
        if (client.destroyed && server.destroyed) this.#connections.delete(connection);
      });
    }
    this.#applyTo(connection);
  }

  #applyTo({ number, toServer, toClient }: Connection): void {
    const fault = this.#fault;
    toServer.pace = paceOf(fault, "toServer", number);
    toClient.pace = paceOf(fault, "toClient", number);
  }
}

function paceOf(fault: Fault, direction: "toServer" | "toClient", connection: number): BytePace | "held" {
  switch (fault.kind) {
    case "black-hole":
      return fault[direction] ? "held" : atOnce;
    case "latency": {
      // Each direction of each connection draws for itself, so that what one does changes nothing for the others.
      const seed = fault.seed * 1_000_003 + connection * 2 + (direction === "toServer" ? 0 : 1);
      return delayed(fault.delay, fault.jitter, seededRandom(seed));
    }
    case "throttle":
      return fault[direction] === Number.POSITIVE_INFINITY ? atOnce : throttled(fault[direction]);
    default:
      return atOnce;
  }
}

function reset({ client, server }: Connection): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}
