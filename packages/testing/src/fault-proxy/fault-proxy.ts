import { connect, createServer, type Server, type Socket } from "node:net";

export interface FaultProxyOptions {
  /** Where to forward to. Loopback only: `host` defaults to 127.0.0.1. */
  readonly target: { readonly host?: string; readonly port: number };
}

/** What the proxy does to the bytes now. */
export type Fault =
  /** Forwards. */
  | { readonly kind: "none" }
  /** Resets every connection and refuses new ones: the network says no at once. */
  | { readonly kind: "cut" }
  /** Holds every byte back, in the directions named; connections stay open and new ones are accepted. When healed, what was held back arrives late, as with TCP over a network that was down. */
  | { readonly kind: "black-hole"; readonly toServer: boolean; readonly toClient: boolean };

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * A TCP proxy on loopback that harms what passes on command, without looking at it, so that TLS stays intact. For the
 * connection of one process to the API server.
 */
export class FaultProxy {
  readonly port: number;
  readonly #listener: Server;
  readonly #connections = new Set<Connection>();
  readonly #target: { readonly host: string; readonly port: number };
  #fault: Fault = { kind: "none" };
  #accepted = 0;

  private constructor(listener: Server, port: number, target: { readonly host: string; readonly port: number }) {
    this.#listener = listener;
    this.port = port;
    this.#target = target;
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
    return new FaultProxy(listener, address.port, {
      host: options.target.host ?? "127.0.0.1",
      port: options.target.port,
    });
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
    for (const connection of this.#connections) reset(connection);
  }

  /** Default: both ways. */
  blackHole(directions: { readonly toServer?: boolean; readonly toClient?: boolean } = {}): void {
    const { toServer = true, toClient = true } = directions;
    this.#fault = { kind: "black-hole", toServer, toClient };
    for (const connection of this.#connections) this.#applyTo(connection);
  }

  /** Forwards again, what was held back first. */
  heal(): void {
    this.#fault = { kind: "none" };
    for (const connection of this.#connections) this.#applyTo(connection);
  }

  /** Resets what is open and stops listening. A second call does nothing. */
  async stop(): Promise<void> {
    for (const connection of this.#connections) reset(connection);
    if (!this.#listener.listening) return;
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #accept(client: Socket): void {
    this.#accepted++;
    if (this.#fault.kind === "cut") {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    const connection = { client, server };
    this.#connections.add(connection);
    forward(client, server);
    forward(server, client);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // An error of one side is an end for the other; `close` follows it.
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#connections.delete(connection);
        reset(connection);
      });
    }
    this.#applyTo(connection);
  }

  #applyTo({ client, server }: Connection): void {
    hold(client, this.#fault.kind === "black-hole" && this.#fault.toServer);
    hold(server, this.#fault.kind === "black-hole" && this.#fault.toClient);
  }
}

/** Reading stops: bytes stay in the buffers below, and the sender is held back by TCP itself. */
function hold(socket: Socket, held: boolean): void {
  if (held) socket.pause();
  else socket.resume();
}

function forward(from: Socket, to: Socket): void {
  from.on("data", (bytes) => void to.write(bytes));
  from.on("end", () => void to.end());
}

function reset({ client, server }: Connection): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}
