import type { IncomingMessage } from "node:http";
import { type Clock, describeError } from "@tenure/core";
import type { CallLog, MutableCall } from "./call-log.ts";
import { callTarget } from "./call-target.ts";
import { type DownstreamReply, type DownstreamRequest, endToEnd } from "./downstream-reply.ts";
import type { FaultRule } from "./fault-rule.ts";
import { relay } from "./relay.ts";
import type { RuleBook } from "./rule-book.ts";
import { statusBody } from "./status-body.ts";
import type { Upstream } from "./upstream.ts";
import { WatchRelay } from "./watch-relay.ts";

export interface ExchangeContext {
  readonly clock: Clock;
  readonly log: CallLog;
  readonly rules: RuleBook;
  readonly upstream: Upstream;
  readonly connection: number;
}

/** One call, from the client's request to its end. Never rejects. */
export async function exchange(
  request: DownstreamRequest,
  reply: DownstreamReply,
  context: ExchangeContext,
): Promise<void> {
  const { clock, log } = context;
  const sent = clock.now();
  const body = await bodyOf(request).catch(() => undefined);
  // It never came whole, and so never reached a server.
  if (body === undefined) return reply.break();
  const [path = "", query = ""] = split(request.url ?? "");
  const call = log.begin(callTarget(request.method ?? "GET", path, query, body), {
    query,
    protocol: request.httpVersionMajor === 2 ? "HTTP/2" : "HTTP/1.1",
    connection: context.connection,
    userAgent: request.headers["user-agent"],
    sent,
  });
  try {
    await new Exchange(request, reply, body, call, context).run();
  } catch (error) {
    if (!reply.over.aborted) call.failure = describeError(error);
    reply.break();
  }
  await over(reply.over);
  if (reply.whole) call.delivered = true;
  else if (!reply.broken) call.failure = "the client left";
  call.ended = clock.now();
  log.tell(call);
}

class Exchange {
  readonly #request: DownstreamRequest;
  readonly #reply: DownstreamReply;
  readonly #body: Buffer;
  readonly #call: MutableCall;
  readonly #context: ExchangeContext;

  constructor(
    request: DownstreamRequest,
    reply: DownstreamReply,
    body: Buffer,
    call: MutableCall,
    context: ExchangeContext,
  ) {
    this.#request = request;
    this.#reply = reply;
    this.#body = body;
    this.#call = call;
    this.#context = context;
  }

  async run(): Promise<void> {
    const { rules, clock } = this.#context;
    for (const rule of rules.take("delay-request", this.#call)) await this.#hold(rule);
    if (this.#reply.over.aborted) return;
    const [refusal] = rules.take("answer", this.#call, 1);
    if (refusal !== undefined) return this.#answer(refusal.effect);
    const answer = await this.#forward();
    this.#call.answered = clock.now();
    this.#call.status = answer.statusCode ?? 0;
    const isWatch = this.#call.watch && answer.statusCode === 200;
    if (rules.concernsReply(this.#call)) await this.#harmReply(answer, isWatch);
    else await this.#deliver(answer, isWatch);
  }

  async #forward(): Promise<IncomingMessage> {
    const { method, url } = this.#request;
    this.#call.forwarded = true;
    const headers = endToEnd(this.#request.rawHeaders);
    // Of the address that was called, and of a body that is sent as it came.
    for (const name of ["host", "content-length", "expect"]) delete headers[name];
    if (this.#body.length > 0) headers["content-length"] = this.#body.length;
    return this.#context.upstream.send({
      method: method ?? "GET",
      path: url ?? "/",
      headers,
      body: this.#body,
      signal: this.#reply.over,
    });
  }

  #answer({ status, retryAfter, message }: { status: number; retryAfter?: number; message?: string }): void {
    this.#call.faults.push("answer");
    this.#call.status = status;
    this.#call.answered = this.#context.clock.now();
    const text = `${JSON.stringify(statusBody(status, this.#call, message, retryAfter))}\n`;
    this.#reply.head(status, {
      "content-type": "application/json",
      "cache-control": "no-cache, private",
      "content-length": Buffer.byteLength(text),
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
    });
    this.#reply.end(this.#request.method === "HEAD" ? undefined : Buffer.from(text));
  }

  /** The server has committed: its answer is here, whole, of a watch the head of it. */
  async #harmReply(answer: IncomingMessage, isWatch: boolean): Promise<void> {
    const body = isWatch ? undefined : await bodyOf(answer);
    for (const rule of this.#context.rules.take("delay-reply", this.#call)) await this.#hold(rule);
    if (this.#reply.over.aborted) return;
    const [drop] = this.#context.rules.take("drop-reply", this.#call, 1);
    if (drop === undefined) return this.#deliver(answer, isWatch, body);
    this.#call.faults.push("drop-reply");
    answer.destroy();
    // Nothing more is said to a client that hangs: it leaves when it wants to.
    if (drop.effect.how === "close") this.#reply.break();
  }

  async #deliver(answer: IncomingMessage, isWatch: boolean, body?: Buffer): Promise<void> {
    this.#reply.head(answer.statusCode ?? 0, endToEnd(answer.rawHeaders));
    if (isWatch) {
      const watch = new WatchRelay(this.#call, answer, this.#reply);
      this.#call.delivered = true;
      this.#context.log.tell(this.#call);
      const whole = await this.#context.rules.during(watch);
      if (!whole && this.#call.faults.length === 0 && !this.#reply.over.aborted)
        this.#call.failure = "the server broke off";
    } else if (body !== undefined) this.#reply.end(body);
    else if (await relay(answer, this.#reply)) this.#reply.end();
    else throw new Error("the server broke off");
  }

  /** For the rule's time, until it is removed, or until the client leaves. */
  async #hold(
    rule: FaultRule<{ readonly kind: "delay-request" | "delay-reply"; readonly delay: number }>,
  ): Promise<void> {
    this.#call.faults.push(rule.effect.kind);
    const { promise, resolve } = Promise.withResolvers<void>();
    const { delay } = rule.effect;
    const timer = delay === Number.POSITIVE_INFINITY ? undefined : this.#context.clock.setTimer(delay, resolve);
    const signals = [rule.removed, this.#reply.over];
    const leave = () => resolve();
    for (const signal of signals) {
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave);
    }
    await promise;
    timer?.cancel();
    for (const signal of signals) signal.removeEventListener("abort", leave);
  }
}

async function bodyOf(message: DownstreamRequest): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function split(url: string): readonly [path: string, query: string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

function over(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
