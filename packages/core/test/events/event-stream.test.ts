import { TenureError } from "@tenure/core";
import { describe, expect, test } from "vitest";
import { EventStream } from "../../src/events/event-stream.ts";

function stream(options: { readonly capacity?: number; readonly signal?: AbortSignal } = {}) {
  let ends = 0;
  const events = new EventStream<number>(options, () => void ends++);
  return {
    events,
    get ended() {
      return ends > 0;
    },
  };
}

async function readAll(events: EventStream<number>): Promise<unknown[]> {
  const read: unknown[] = [];
  for await (const event of events) read.push(typeof event === "number" ? event : event.missed * -1);
  return read;
}

describe("a stream of events", () => {
  test("gives what was pushed, in order, and ends when it is finished and read", async () => {
    const { events } = stream();
    for (const value of [1, 2, 3]) events.push(value);
    events.finish();
    events.push(4);
    expect(await readAll(events)).toEqual([1, 2, 3]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("tells a slow reader how many of the oldest events it has lost, once, where they are missing", async () => {
    const { events } = stream({ capacity: 3 });
    for (let value = 1; value <= 3; value++) events.push(value);
    expect(await events.next()).toEqual({ done: false, value: 1 });
    for (let value = 4; value <= 10; value++) events.push(value);
    expect(await events.next()).toEqual({ done: false, value: { type: "gap", missed: 6 } });
    expect(await events.next()).toEqual({ done: false, value: 8 });
    events.push(11);
    events.push(12);
    events.finish();
    // -1: another gap of one.
    expect(await readAll(events)).toEqual([-1, 10, 11, 12]);
  });

  test("every event is read or counted as missed, for every pace of reading", async () => {
    for (const capacity of [1, 2, 3, 7]) {
      for (let pace = 1; pace <= 9; pace++) {
        const { events } = stream({ capacity });
        let expected = 1;
        const take = async () => {
          const { value } = await events.next();
          if (typeof value === "object") expected += value.missed;
          else expect(value).toBe(expected++);
        };
        for (let value = 1; value <= 50; value++) {
          events.push(value);
          if (value % pace === 0) await take();
        }
        events.finish();
        for await (const event of events) {
          if (typeof event === "object") expected += event.missed;
          else expect(event).toBe(expected++);
        }
        expect(expected).toBe(51);
      }
    }
  });

  test("answers readers that wait, in their order, without a gap", async () => {
    const { events } = stream({ capacity: 1 });
    const readers = [events.next(), events.next(), events.next()];
    for (const value of [1, 2, 3]) events.push(value);
    expect((await Promise.all(readers)).map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  test("leaving the loop ends it and drops what was not read", async () => {
    const opened = stream();
    for (const value of [1, 2, 3]) opened.events.push(value);
    for await (const event of opened.events) {
      expect(event).toBe(1);
      break;
    }
    expect(opened.ended).toBe(true);
    expect(await opened.events.next()).toEqual({ done: true, value: undefined });
  });

  test("an end answers whoever waits; a second end does nothing", async () => {
    const { events } = stream();
    const waiting = events.next();
    expect(await events.return()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    await events[Symbol.asyncDispose]();
    events.finish();
    events.push(1);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("its signal ends it: while it waits, with events unread, after it was finished, and before it began", async () => {
    const abort = new AbortController();
    const waits = stream({ signal: abort.signal });
    const unread = stream({ signal: abort.signal });
    const finished = stream({ signal: abort.signal });
    const waiting = waits.events.next();
    unread.events.push(1);
    finished.events.push(1);
    finished.events.finish();
    abort.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await unread.events.next()).toEqual({ done: true, value: undefined });
    expect(await finished.events.next()).toEqual({ done: true, value: undefined });
    const late = stream({ signal: abort.signal });
    expect(late.ended).toBe(true);
    expect(await late.events.next()).toEqual({ done: true, value: undefined });
  });

  test("leaves no listener on the signal behind", async () => {
    const abort = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = abort.signal;
    abort.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(abort.signal, args);
    };
    abort.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(abort.signal, args);
    };
    await stream({ signal: abort.signal }).events.return();
    stream({ signal: abort.signal }).events.finish();
    const read = stream({ signal: abort.signal }).events;
    read.push(1);
    read.finish();
    expect(await readAll(read)).toEqual([1]);
    expect(listeners).toBe(0);
  });

  test("refuses a capacity that is no number of events", () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => stream({ capacity })).toThrow(TenureError);
    }
  });
});
