import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** One life of one component in one process, as seen from outside. Times in ms on this machine's monotonic clock, which all of its processes share. */
export interface Life {
  readonly process: string;
  readonly component: string;
  readonly instance: number;
  readonly scope: string;
  readonly from: number;
  /** Undefined while it lives. */
  to: number | undefined;
}

/** Two processes whose components of one name lived at once. */
export interface Overlap {
  readonly component: string;
  readonly processes: readonly [string, string];
  /** In ms. */
  readonly duration: number;
}

/** A line of the report of a process: see `reportLives`. */
export type LifeReport =
  | { readonly type: "hello"; readonly process: string }
  | {
      readonly type: "phase";
      readonly component: string;
      readonly instance: number;
      readonly scope: string;
      readonly to: string;
      readonly live: boolean;
      readonly at: number;
    };

/**
 * Judges from outside whether components of one lease ever ran in two processes: each process reports the lives of its
 * components over a connection, and the end of the connection, by whatever death, ends them all.
 */
export class LifeRecorder {
  readonly lives: Life[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #listeners = new Set<(process: string, report: LifeReport) => void>();
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on("connection", (socket) => this.#accept(socket));
  }

  static async start(): Promise<LifeRecorder> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0 }, resolve);
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new TypeError("the recorder has no TCP address");
    return new LifeRecorder(server, address.port);
  }

  /** Called for every report, after it was noted. @returns a function that ends this. */
  subscribe(listener: (process: string, report: LifeReport) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lives of the scope that have not ended. */
  living(scope: string, process?: string): readonly Life[] {
    return this.lives.filter(
      (life) => life.to === undefined && life.scope === scope && (process === undefined || life.process === process),
    );
  }

  /** Every pair of processes in which components of the lease `scope` lived at the same time. Empty is what Tenure guarantees. */
  overlaps(scope: string, now: number = monotonic()): readonly Overlap[] {
    const lives = this.lives.filter((life) => life.scope === scope).sort((left, right) => left.from - right.from);
    const overlaps: Overlap[] = [];
    let open: Life[] = [];
    for (const life of lives) {
      open = open.filter((other) => (other.to ?? now) > life.from);
      for (const other of open) {
        if (other.process === life.process) continue;
        const duration = Math.min(life.to ?? now, other.to ?? now) - life.from;
        overlaps.push({ component: life.component, processes: [other.process, life.process], duration });
      }
      open.push(life);
    }
    return overlaps;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    let name = "unknown";
    const mine = new Map<string, Life>();
    createInterface({ input: socket }).on("line", (line) => {
      const report = readReport(line);
      // Half a line: its process was killed while it wrote.
      if (report === undefined) return;
      if (report.type === "hello") name = report.process;
      else this.#note(name, report, mine);
      for (const listener of this.#listeners) listener(name, report);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      const now = monotonic();
      for (const life of mine.values()) life.to ??= now;
    });
  }

  #note(process: string, report: Extract<LifeReport, { type: "phase" }>, mine: Map<string, Life>): void {
    const { component, instance, scope, live, at } = report;
    const life = mine.get(component);
    if (live && life === undefined) {
      const begun = { process, component, instance, scope, from: at, to: undefined };
      mine.set(component, begun);
      this.lives.push(begun);
    } else if (!live && life !== undefined) {
      life.to = at;
      mine.delete(component);
    }
  }
}

/** Milliseconds on CLOCK_MONOTONIC, which is one for all processes of a machine. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function readReport(line: string): LifeReport | undefined {
  try {
    return JSON.parse(line) as LifeReport;
  } catch {
    return undefined;
  }
}
