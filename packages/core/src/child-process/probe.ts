import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { SecureContextOptions } from "node:tls";
import type { Clock } from "../clock/clock.ts";
import type { Health } from "../component/component.ts";
import { elapsed } from "./elapsed.ts";

/** Asks a running process how it is. */
export type Probe = (TcpProbe | HttpProbe | FunctionProbe) & {
  /** For one attempt, in ms. Default 1,000, on this machine an age. */
  readonly timeout?: number;
};

/** A connection can be made to the port. */
export interface TcpProbe {
  readonly tcp: number | { readonly host?: string; readonly port: number };
}

/** A GET is answered with a status from 200 to 399. */
export interface HttpProbe {
  /** `http:` or `https:`. */
  readonly http: string | URL;
  /** Of https: the authority to trust, a certificate of our own. `rejectUnauthorized: false` trusts everybody. */
  readonly tls?: Pick<SecureContextOptions, "ca" | "cert" | "key"> & {
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

/** Is true, or resolves with true. Throwing is no. */
export interface FunctionProbe {
  /**
   * @param signal aborts when nobody wants the answer any more. Calls that go on all the same add up: when eight of them have not settled, it is not
   * called again until one has.
   */
  readonly probe: (signal: AbortSignal) => Promise<boolean> | boolean;
}

/** Calls of one function that nobody waits for any more, at most: a hundred a minute would be a heap of them. */
const mostOverdue = 8;
const overdue = new WeakMap<FunctionProbe, number>();

/**
 * One attempt. Never rejects; settles by the probe's timeout, or as soon as `signal` aborts, and leaves no connection then: of
 * a function that does not listen to its signal only the answer is ignored.
 */
export async function askInTime(probe: Probe, clock: Clock, signal?: AbortSignal): Promise<Health> {
  const { timeout = 1_000 } = probe;
  const attempt = new AbortController();
  const abort = () => attempt.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const late = elapsed(clock, timeout, attempt.signal);
  try {
    return await Promise.race([
      ask(probe, attempt.signal),
      late.then(() => ({ ok: false, detail: `no answer within ${timeout} ms` })),
    ]);
  } finally {
    abort();
    signal?.removeEventListener("abort", abort);
  }
}

async function ask(probe: Probe, signal: AbortSignal): Promise<Health> {
  try {
    if ("probe" in probe) return await askFunction(probe, signal);
    if ("http" in probe) return await askHttp(probe, signal);
    const { host = "127.0.0.1", port } = typeof probe.tcp === "number" ? { port: probe.tcp } : probe.tcp;
    await connection(host, port, signal);
    return { ok: true };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function askFunction(probe: FunctionProbe, signal: AbortSignal): Promise<Health> {
  const before = overdue.get(probe) ?? 0;
  if (before >= mostOverdue) {
    return {
      ok: false,
      detail: `${before} earlier calls of its probe have not settled, although their signals have aborted`,
    };
  }
  let isLate = false;
  const late = () => {
    isLate = true;
    overdue.set(probe, (overdue.get(probe) ?? 0) + 1);
  };
  signal.addEventListener("abort", late, { once: true });
  try {
    return (await probe.probe(signal)) ? { ok: true } : { ok: false, detail: "its probe says no" };
  } finally {
    if (isLate) overdue.set(probe, (overdue.get(probe) ?? 1) - 1);
    signal.removeEventListener("abort", late);
  }
}

async function connection(host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port });
  const abort = () => socket.destroy(new Error(`no connection to ${host}:${port} in time`));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  } finally {
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
}

function askHttp({ http, tls }: HttpProbe, signal: AbortSignal): Promise<Health> {
  const url = new URL(http);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    // A connection of its own: none is left in a pool.
    const request = send(url, { ...tls, agent: false, signal, headers: { connection: "close" } }, (response) => {
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400 ? { ok: true } : { ok: false, detail: `it answers with status ${status}` });
      response.on("error", () => {}).destroy();
    });
    request.on("error", reject);
    request.end();
  });
}
