import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type ClientCertificate, Upstream, type UpstreamTarget } from "./upstream.ts";

/** Who a client says it is by its certificate, which nobody has verified. */
export interface ClientIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** One for all, or chosen by whom the client's certificate names; undefined: it has none. */
export type CertificateChoice =
  | ClientCertificate
  | ((client: ClientIdentity | undefined) => ClientCertificate | undefined);

export interface ClientConnection {
  /** In the order in which they were accepted, from 1. */
  readonly number: number;
  readonly socket: Socket;
  /** By the certificate that they show; undefined: none. */
  readonly upstreams: Map<string | undefined, Upstream>;
}

/** The open connections of clients, each with connections of its own to the API server, which end with it. */
export class ClientConnections {
  readonly #target: UpstreamTarget;
  readonly #certificate: CertificateChoice | undefined;
  /** By the client's port, which is what a request over either protocol tells of its connection. */
  readonly #byPort = new Map<number, ClientConnection>();
  #accepted = 0;

  constructor(target: UpstreamTarget, certificate: CertificateChoice | undefined) {
    this.#target = target;
    this.#certificate = certificate;
  }

  get counts(): { readonly open: number; readonly accepted: number } {
    return { open: this.#byPort.size, accepted: this.#accepted };
  }

  accept(socket: Socket): void {
    const port = socket.remotePort;
    const connection: ClientConnection = { number: ++this.#accepted, socket, upstreams: new Map() };
    socket.on("error", () => {});
    // A head and its body are two writes: without this the second waits 40 ms for the client's acknowledgement.
    socket.setNoDelay(true);
    if (port === undefined) return void socket.destroy(); // it has left already
    this.#byPort.set(port, connection);
    socket.on("close", () => {
      // The port may be another connection's by now.
      if (this.#byPort.get(port) === connection) this.#byPort.delete(port);
      for (const upstream of connection.upstreams.values()) upstream.close();
    });
  }

  /** Undefined when it has closed. */
  of(socket: TLSSocket): ClientConnection | undefined {
    return this.#byPort.get(socket.remotePort ?? 0);
  }

  /** @param socket of a client that proves by nothing but its certificate who it is. @throws what the choice of a certificate throws. */
  upstreamOf(connection: ClientConnection, socket: TLSSocket | undefined): Upstream {
    const certificate = socket && this.#certificateFor(socket);
    const upstream = connection.upstreams.get(certificate?.certificate) ?? new Upstream(this.#target, certificate);
    connection.upstreams.set(certificate?.certificate, upstream);
    return upstream;
  }

  destroy(): void {
    for (const { socket } of this.#byPort.values()) socket.destroy();
  }

  #certificateFor(socket: TLSSocket): ClientCertificate | undefined {
    const chosen = this.#certificate;
    return typeof chosen === "function" ? chosen(identityOf(socket)) : chosen;
  }
}

function identityOf(socket: TLSSocket): ClientIdentity | undefined {
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  return { commonName: String(subject.CN ?? ""), organizations: [subject.O ?? []].flat() };
}
