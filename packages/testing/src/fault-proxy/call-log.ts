import { type CallMatch, type CallTarget, matches } from "./call-target.ts";
import { FaultProxyError } from "./fault-proxy-error.ts";
import type { FaultKind } from "./fault-rule.ts";

/** A call that reached the proxy whole. Filled in as it goes on; times are readings of the proxy's clock, in ms. */
export interface Call extends CallTarget {
  /** 1 for the first call, rising. */
  readonly number: number;
  /** Without the question mark; "" for none. */
  readonly query: string;
  readonly watch: boolean;
  readonly protocol: "HTTP/1.1" | "HTTP/2";
  /** Number of the client's connection, in the order in which they were accepted, from 1. */
  readonly connection: number;
  readonly userAgent: string | undefined;
  /** When its head came from the client. */
  readonly sent: number;
  /** The API server was asked, or is being asked. */
  readonly forwarded: boolean;
  /** When the head of the answer came from the server, which has committed by then; or when the proxy answered itself. */
  readonly answered: number | undefined;
  /** Of the answer, whether or not it was delivered. */
  readonly status: number | undefined;
  /** The answer, of a watch its head, was handed whole to the client's connection. */
  readonly delivered: boolean;
  /** When nothing more will come of it. */
  readonly ended: number | undefined;
  /** Those that it has met, in their order. */
  readonly faults: readonly FaultKind[];
  /** Why there was no answer, or only a part of one, when no fault has broken it off: "the client left", or what the server did. */
  readonly failure: string | undefined;
}

export type MutableCall = { -readonly [Field in keyof Call]: Field extends "faults" ? FaultKind[] : Call[Field] };

interface Waiter {
  readonly match: CallMatch;
  readonly after: number;
  readonly resolve: (call: Call) => void;
  readonly reject: (error: Error) => void;
}

/** The last calls, as many as there is room for, and counts of all. */
export class CallLog {
  readonly #capacity: number;
  /** The call of number n is at (n - 1) % capacity. */
  readonly #ring: MutableCall[] = [];
  /** One entry for each target that was ever asked for. */
  readonly #counts = new Map<string, { readonly target: CallTarget; count: number }>();
  readonly #waiters = new Set<Waiter>();
  #last = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get last(): number {
    return this.#last;
  }

  begin(target: CallTarget, rest: Pick<Call, "query" | "protocol" | "connection" | "userAgent" | "sent">): MutableCall {
    const call: MutableCall = {
      ...target,
      ...rest,
      number: ++this.#last,
      watch: target.verb === "watch",
      forwarded: false,
      answered: undefined,
      status: undefined,
      delivered: false,
      ended: undefined,
      faults: [],
      failure: undefined,
    };
    this.#ring[(call.number - 1) % this.#capacity] = call;
    const key = [target.method, target.verb, target.name, target.path].join(" ");
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { target, count: 1 });
    else counted.count++;
    return call;
  }

  /** For those who wait: it has ended, or it is a watch that has begun. */
  tell(call: Call): void {
    for (const waiter of this.#waiters) {
      if (call.number <= waiter.after || !matches(waiter.match, call)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(call);
    }
  }

  calls(match: CallMatch): readonly Call[] {
    const start = this.#last > this.#capacity ? this.#last % this.#capacity : 0;
    const inOrder = [...this.#ring.slice(start), ...this.#ring.slice(0, start)];
    return inOrder.filter((call) => matches(match, call));
  }

  count(match: CallMatch): number {
    let sum = 0;
    for (const { target, count } of this.#counts.values()) if (matches(match, target)) sum += count;
    return sum;
  }

  waitFor(match: CallMatch, after: number): Promise<Call> {
    const found = this.calls(match).find((call) => call.number > after && isOver(call));
    if (found !== undefined) return Promise.resolve(found);
    const waiting = new Promise<Call>((resolve, reject) => this.#waiters.add({ match, after, resolve, reject }));
    // Whoever awaits it learns of it; nobody else has to.
    waiting.catch(() => {});
    return waiting;
  }

  close(): void {
    for (const { reject } of this.#waiters) {
      reject(
        new FaultProxyError(
          "TENURE_FAULT_PROXY_NEVER",
          "the proxy was stopped before the call came",
          "Await the call before the proxy is stopped; look at calls() for what came.",
        ),
      );
    }
    this.#waiters.clear();
  }
}

function isOver(call: Call): boolean {
  return call.ended !== undefined || (call.watch && call.delivered);
}
