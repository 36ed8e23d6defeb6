import type { IncomingMessage } from "node:http";
import type { MutableCall } from "./call-log.ts";
import type { CallTarget } from "./call-target.ts";
import type { DownstreamReply } from "./downstream-reply.ts";
import type { FaultEffect, FaultRule } from "./fault-rule.ts";
import { relay } from "./relay.ts";
import { statusBody } from "./status-body.ts";

export type WatchEffect = Extract<FaultEffect, { readonly kind: "hang-watch" | "expire-watch" | "cut-watch" }>;

const newline = 0x0a;

/** A watch that goes on: one JSON object a line, passed on as it comes, until a fault meets it. */
export class WatchRelay {
  readonly call: MutableCall;
  readonly #source: IncomingMessage;
  readonly #reply: DownstreamReply;
  readonly #json: boolean;
  /** Nothing more is passed on; the client is left waiting. */
  #hung = false;
  /** A fault has ended it. */
  #broken = false;
  /** What was passed on ends where an event does. */
  #betweenEvents = true;
  /** Waits for the end of an event, or for the next one. */
  #pending: FaultRule<WatchEffect> | undefined;

  constructor(call: MutableCall, source: IncomingMessage, reply: DownstreamReply) {
    this.call = call;
    this.#source = source;
    this.#reply = reply;
    this.#json = /^application\/json\b/.test(source.headers["content-type"] ?? "application/json");
  }

  get #target(): CallTarget {
    return this.call;
  }

  /** Resolves at its end, which of one that hangs is the client's leaving: true when the server had ended it. */
  async run(): Promise<boolean> {
    const whole = await relay(this.#source, this.#reply, (bytes) => this.#pass(bytes));
    this.#pending?.gaveBack();
    this.#pending = undefined;
    if (this.#hung || this.#broken) return whole;
    if (whole) this.#reply.end();
    else this.#reply.break();
    return whole;
  }

  /** Meets the fault, now or as soon as it can; one that has hung or waits for another fault does not. */
  meet(rule: FaultRule<WatchEffect>): void {
    if (this.#hung || this.#broken || this.#pending !== undefined || this.#reply.over.aborted) return;
    // An error among events of another encoding cannot be written here.
    if (rule.effect.kind === "expire-watch" && !this.#json) return;
    if (!rule.claim(this.#target)) return;
    const waits =
      (rule.effect.kind === "expire-watch" && !this.#betweenEvents) ||
      (rule.effect.kind === "cut-watch" && rule.effect.midEvent && this.#betweenEvents);
    if (waits) this.#pending = rule;
    else this.#take(rule);
  }

  /** @param last what is passed on before. */
  #take(rule: FaultRule<WatchEffect>, last?: Buffer): void {
    this.#pending = undefined;
    this.call.faults.push(rule.effect.kind);
    switch (rule.effect.kind) {
      case "hang-watch":
        // The server goes on and notices nothing: what it sends is read and lost.
        this.#hung = true;
        this.#source.resume();
        break;
      case "expire-watch": {
        const event = { type: "ERROR", object: statusBody(410, this.#target) };
        this.#broken = true;
        this.#reply.end(Buffer.from(`${JSON.stringify(event)}\n`));
        this.#source.destroy();
        break;
      }
      case "cut-watch":
        this.#broken = true;
        if (last === undefined) this.#reply.break();
        else this.#reply.breakAfter(last);
        this.#source.destroy();
        break;
    }
    rule.took();
  }

  #pass(bytes: Buffer): boolean {
    if (this.#hung || this.#broken) return true;
    const rule = this.#pending;
    if (rule?.effect.kind === "cut-watch") {
      const end = this.#json ? bytes.indexOf(newline) : -1;
      const event = end < 0 ? bytes.length : end;
      this.#take(rule, bytes.subarray(0, Math.ceil(event / 2)));
      return true;
    }
    if (rule?.effect.kind === "expire-watch") {
      const end = bytes.indexOf(newline);
      if (end >= 0) {
        this.#reply.write(bytes.subarray(0, end + 1));
        this.#take(rule);
        return true;
      }
    }
    this.#betweenEvents = bytes.at(-1) === newline;
    return this.#reply.write(bytes);
  }
}
