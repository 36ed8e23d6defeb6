import type { Readable } from "node:stream";
import { TenureError, type Term } from "@tenure/core";
import { Agent, type Dispatcher, request } from "undici";
import { CallDeadline } from "./call-deadline.ts";
import type { Credentials } from "./credentials.ts";
import { errorOfStatus, KubernetesError, type StatusBody } from "./kubernetes-error.ts";
import { Semaphore } from "./semaphore.ts";

export interface HttpCall {
  readonly method: Dispatcher.HttpMethod;
  /** With the query. */
  readonly path: string;
  /** The call in words, for errors; must not contain content. */
  readonly what: string;
  /** The right to write; undefined for reads only. */
  readonly term?: Term;
  readonly body?: unknown;
  /** What is written is secret: the server's messages, which may quote it, are kept out of errors. Default false. */
  readonly secret?: boolean;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
  /** In ms; 0: none. */
  readonly timeout?: number | undefined;
  /** See `CallOptions`. Default false. */
  readonly freshConnection?: boolean | undefined;
  readonly onWarning?: ((warning: string) => void) | undefined;
}

const defaultTimeout = 30_000;

/** HTTP/1.1 over pooled, kept connections: undici with one agent, whose calls cost a tenth of a new TLS connection each. */
export class HttpTransport {
  readonly server: string;
  readonly #credentials: Credentials;
  readonly #agent: Agent;
  /** Of calls under way over connections of their own. */
  readonly #ownAgents = new Set<Agent>();
  readonly #slots: Semaphore;
  #closed = false;

  /** @param concurrency calls at once, watches not counted. */
  constructor(credentials: Credentials, concurrency: number) {
    this.server = credentials.server;
    this.#credentials = credentials;
    this.#agent = agentFor(credentials);
    this.#slots = new Semaphore(concurrency);
  }

  /** One call with a JSON answer. @throws KubernetesError, or TermEndedError when `term` does not hold at the moment of sending. */
  async call(call: HttpCall): Promise<unknown> {
    await this.#slots.acquire();
    const deadline = new CallDeadline([call.signal, call.term?.signal], call.timeout ?? defaultTimeout);
    const agent = call.freshConnection ? agentFor(this.#credentials) : this.#agent;
    if (agent !== this.#agent) this.#ownAgents.add(agent);
    try {
      const response = await this.#send(call, agent, deadline.signal);
      return await readJson(call, response);
    } catch (error) {
      throw explain(call, this.server, error, deadline.timedOut);
    } finally {
      if (this.#ownAgents.delete(agent)) void agent.destroy();
      deadline.dispose();
      this.#slots.release();
    }
  }

  /** A call whose answer goes on; ends with `signal`. */
  async stream(call: HttpCall & { readonly signal: AbortSignal }): Promise<Readable> {
    try {
      const response = await this.#send(call, this.#agent, call.signal);
      return response.body;
    } catch (error) {
      throw explain(call, this.server, error, false);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#agent, ...this.#ownAgents].map((agent) => agent.destroy()));
  }

  async #send(call: HttpCall, agent: Agent, signal: AbortSignal | undefined): Promise<Dispatcher.ResponseData> {
    const response = await this.#sendOnce(call, agent, signal);
    if (response.statusCode < 400) return response;
    if (response.statusCode !== 401) throw await errorOf(call, response);
    const error = await errorOf(call, response);
    this.#credentials.refresh();
    const second = await this.#sendOnce(call, agent, signal);
    if (second.statusCode < 400) return second;
    throw second.statusCode === 401 ? error : await errorOf(call, second);
  }

  async #sendOnce(call: HttpCall, agent: Agent, signal: AbortSignal | undefined): Promise<Dispatcher.ResponseData> {
    const headers: Record<string, string> = {
      ...(await this.#credentials.headers()),
      accept: call.accept ?? "application/json",
    };
    let body: string | undefined;
    if (call.body !== undefined) {
      body = JSON.stringify(call.body);
      headers["content-type"] = call.contentType ?? "application/json";
    }
    if (call.term === undefined && call.method !== "GET") throw new TypeError(`${call.what}: a write needs a term`);
    if (this.#closed) throw unreachable(call, this.server, new Error("this client is closed"));
    // Nothing is awaited between this and the sending: the guarantee about stale terms rests on these two lines.
    call.term?.assertHeld();
    const sent = request(`${this.server}${call.path}`, {
      dispatcher: agent,
      method: call.method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    // A body that breaks while nobody reads it, as when the client is closed, must not end the process; whoever reads it learns all the same.
    const received = sent.then((response) => {
      response.body.on("error", () => {});
      if (signal?.aborted) response.body.destroy();
      return response;
    });
    return signal === undefined ? received : leaveWith(received, signal);
  }
}

function agentFor(credentials: Credentials): Agent {
  return new Agent({
    connect: { ...credentials.tls(), timeout: 10_000 },
    // Over HTTP/2, which undici would choose by itself, Node 24 can spin for ever in Http2Session::SendPendingData, taking all memory, when
    // requests are aborted while they are sent; and one connection would be shared by everything.
    allowH2: false,
    // Deadlines are those of each call; the agent's own would end long watches.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
  });
}

async function readJson(call: HttpCall, response: Dispatcher.ResponseData): Promise<unknown> {
  const warnings = response.headers.warning;
  if (warnings !== undefined && call.onWarning !== undefined) {
    for (const warning of [warnings].flat()) call.onWarning(warning.replace(/^\d{3} \S+ "(.*)"$/, "$1"));
  }
  return response.body.json();
}

async function errorOf(call: HttpCall, response: Dispatcher.ResponseData): Promise<KubernetesError> {
  const text = await response.body.text().catch(() => "");
  const retryAfter = response.headers["retry-after"];
  return errorOfStatus(call.what, response.statusCode, statusBody(text), {
    retryAfter: typeof retryAfter === "string" ? retryAfter : undefined,
    secret: call.secret ?? false,
  });
}

function statusBody(text: string): StatusBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return text === "" ? {} : { message: text.trim().slice(0, 200) };
  }
}

/** Why there is no answer, or only part of one. A write may have been done. */
function explain(call: HttpCall, server: string, cause: unknown, timedOut: boolean): unknown {
  // Ours already; a TermEndedError of `assertHeld` among them.
  if (cause instanceof TenureError || cause instanceof TypeError) return cause;
  if (call.term?.signal.aborted) return call.term.signal.reason;
  if (timedOut) {
    return new KubernetesError(`${call.what}: no answer within ${call.timeout ?? defaultTimeout} ms`, {
      code: "KUBE_TIMEOUT",
      kind: "unreachable",
      remedy: `See whether ${server} is overloaded, or the network between drops packets.`,
    });
  }
  if (call.signal?.aborted) {
    return new KubernetesError(`${call.what}: aborted`, {
      code: "KUBE_ABORTED",
      kind: "unreachable",
      remedy: "Nothing: whoever asked does not want the answer any more.",
    });
  }
  return unreachable(call, server, cause);
}

function unreachable(call: HttpCall, server: string, cause: unknown): KubernetesError {
  return new KubernetesError(`${call.what}: ${server} cannot be reached`, {
    code: "KUBE_UNREACHABLE",
    kind: "unreachable",
    remedy: "See whether the API server runs there, and whether the kubeconfig names the right address.",
    cause,
  });
}

/**
 * undici tells of an abort only when the request has a connection, which over a dead network takes until the connect timeout; whoever
 * aborts leaves at once. A request that has no connection yet when it is aborted is never sent.
 */
function leaveWith<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
