import type { Socket } from "node:net";
import type { Clock, Timer } from "@tenure/core";
import { atOnce, type BytePace } from "./byte-pace.ts";

/** What passes: bytes, the end of them, or the news that the connection broke. */
type Passing = { readonly due: number } & ({ readonly bytes: Buffer } | { readonly end: "end" | "reset" });

/** One direction of a connection through the proxy: what comes from one socket is passed on to the other, in order, at a pace, or held back. */
export class BytePath {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #clock: Clock;
  #pace: BytePace | "held" = atOnce;
  #queue: Passing[] = [];
  #queued = 0;
  #last = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #full = false;

  constructor(from: Socket, to: Socket, clock: Clock) {
    this.#from = from;
    this.#to = to;
    this.#clock = clock;
    from.on("data", (bytes) => this.#came(bytes));
    from.on("end", () => this.#cameLast("end"));
    from.on("close", (hadError) => {
      if (hadError || !from.readableEnded) this.#cameLast("reset");
    });
    to.on("drain", () => {
      this.#full = false;
      this.#read();
    });
    to.on("close", () => this.#stopTimer());
  }

  /** "held": nothing passes until the next pace, and then first what was held back. What waits for its time already is timed anew. */
  set pace(pace: BytePace | "held") {
    this.#pace = pace;
    const waiting = this.#queue;
    this.#queue = [];
    this.#queued = 0;
    this.#last = Number.NEGATIVE_INFINITY;
    for (const passing of waiting) {
      if ("bytes" in passing) this.#enqueue(passing.bytes);
      else this.#cameLast(passing.end);
    }
    this.#pass();
  }

  #came(bytes: Buffer): void {
    this.#enqueue(bytes);
    this.#pass();
  }

  #enqueue(bytes: Buffer): void {
    const { piece } = this.#pace === "held" ? atOnce : this.#pace;
    for (let at = 0; at < bytes.length; at += piece) {
      const part = bytes.subarray(at, at + piece);
      this.#queue.push({ bytes: part, due: this.#dueOf(part.length) });
      this.#queued += part.length;
    }
  }

  #cameLast(end: "end" | "reset"): void {
    this.#queue.push({ end, due: this.#dueOf(0) });
    this.#pass();
  }

  #dueOf(size: number): number {
    // It is timed when it is held no longer.
    if (this.#pace === "held") return 0;
    this.#last = this.#pace.due(size, this.#clock.now(), this.#last);
    return this.#last;
  }

  #pass(): void {
    this.#stopTimer();
    if (this.#pace !== "held") {
      const now = this.#clock.now();
      for (let next = this.#queue[0]; next !== undefined && next.due <= now; next = this.#queue[0]) {
        this.#queue.shift();
        this.#send(next);
      }
      const [next] = this.#queue;
      if (next !== undefined && !this.#to.destroyed) {
        this.#timer = this.#clock.setTimer(next.due - now, () => this.#pass());
      }
    }
    this.#read();
  }

  #send(passing: Passing): void {
    if (!("bytes" in passing)) {
      if (passing.end === "end") this.#to.end();
      else this.#to.resetAndDestroy();
      return;
    }
    this.#queued -= passing.bytes.length;
    if (!this.#to.destroyed && !this.#to.write(passing.bytes)) this.#full = true;
  }

  /** Where reading stops, bytes stay in the buffers below, and the sender is held back by TCP itself. */
  #read(): void {
    const held = this.#pace === "held" || this.#full || this.#queued > this.#pace.room;
    if (held) this.#from.pause();
    else this.#from.resume();
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
