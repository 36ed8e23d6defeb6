import { describe, expect, test } from "vitest";
import { IsolatedEmitter } from "../../src/events/isolated-emitter.ts";
import { silentLogger } from "../../src/log/logger.ts";

interface Events {
  told: [value: number];
}

function emitter() {
  const reports: string[] = [];
  const logger = { ...silentLogger, error: (fields: object) => void reports.push(String(Object(fields).error)) };
  return { events: new IsolatedEmitter<Events>(logger), reports };
}

/** Promises that could settle have settled, and Node has looked for unhandled rejections. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("an emitter with isolated listeners", () => {
  test("a listener that throws keeps neither the later ones nor whoever emits from going on", () => {
    const { events, reports } = emitter();
    const heard: string[] = [];
    events.on("told", () => {
      throw new Error("boom");
    });
    events.on("told", (value) => void heard.push(`second ${value}`));
    events.emit("told", 1);
    expect(heard).toEqual(["second 1"]);
    expect(reports).toEqual(["boom"]);
  });

  test("the rejection of an async listener is handled, also when the promise is of another library", async () => {
    const { events, reports } = emitter();
    events.on("told", async () => {
      throw new Error("rejected");
    });
    events.on("told", () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      then: (_: unknown, reject: (error: Error) => void) => reject(new Error("from elsewhere")),
    }));
    events.emit("told", 1);
    await settled();
    expect(reports.toSorted()).toEqual(["from elsewhere", "rejected"]);
  });

  test("a logger that throws as well reaches nobody", async () => {
    const logger = {
      ...silentLogger,
      error: () => {
        throw new Error("the disk is full");
      },
    };
    const events = new IsolatedEmitter<Events>(logger);
    events.on("told", () => {
      throw new Error("boom");
    });
    events.on("told", async () => {
      throw new Error("boom");
    });
    expect(() => events.emit("told", 1)).not.toThrow();
    await settled();
  });

  test("a listener may remove itself, and is not called again", () => {
    const { events } = emitter();
    const heard: string[] = [];
    const remove = events.on("told", (value) => {
      heard.push(`first ${value}`);
      remove();
    });
    events.on("told", (value) => void heard.push(`second ${value}`));
    events.emit("told", 1);
    events.emit("told", 2);
    expect(heard).toEqual(["first 1", "second 1", "second 2"]);
    remove();
  });

  test("who is removed while an event is being told hears nothing more, and who is added hears of the next", () => {
    const { events } = emitter();
    const heard: string[] = [];
    events.on("told", (value) => {
      removeSecond();
      if (value === 1) events.on("told", (later) => void heard.push(`third ${later}`));
    });
    const removeSecond = events.on("told", (value) => void heard.push(`second ${value}`));
    events.emit("told", 1);
    expect(heard).toEqual([]);
    events.emit("told", 2);
    expect(heard).toEqual(["third 2"]);
  });

  test("one that was added twice is called twice, and removed one by one", () => {
    const { events } = emitter();
    let calls = 0;
    const listener = () => void calls++;
    const removeFirst = events.on("told", listener);
    events.on("told", listener);
    events.emit("told", 1);
    expect(calls).toBe(2);
    removeFirst();
    removeFirst();
    events.emit("told", 2);
    expect(calls).toBe(3);
  });

  test("`once` hears one event, also when it causes the next one itself, and can be removed before", () => {
    const { events, reports } = emitter();
    const heard: number[] = [];
    events.once("told", (value) => {
      heard.push(value);
      events.emit("told", value + 1);
      throw new Error("boom");
    });
    const remove = events.once("told", (value) => void heard.push(value * 100));
    events.emit("told", 1);
    // The first caused 2 while 1 was being told: the second one heard that, and nothing else.
    expect(heard).toEqual([1, 200]);
    expect(reports).toEqual(["boom"]);
    remove();
    events.once("told", () => void heard.push(-1))();
    events.emit("told", 5);
    expect(heard).toEqual([1, 200]);
  });
});
