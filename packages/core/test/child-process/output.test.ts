import { childProcess } from "@tenure/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineSplitter } from "../../src/child-process/line-splitter.ts";
import { runController } from "./run-controller.ts";

function split(chunks: readonly Uint8Array[], longest = 8_192): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter(longest, (line) => lines.push(line));
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  splitter.end();
  splitter.end();
  return lines;
}

describe("lines", () => {
  test("are the same however the bytes arrive", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    const cuts = fc.array(fc.nat(200), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(text), fc.boolean(), cuts, (parts, ended, places) => {
        const whole = Buffer.from(parts.map((part) => part.replaceAll(/[\r\n]/g, "")).join("\n") + (ended ? "\n" : ""));
        const ends = [...places, whole.length].map((place) => Math.min(place, whole.length)).sort((a, b) => a - b);
        const chunks = ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
        const expected = whole.toString().split("\n");
        if (expected.at(-1) === "") expected.pop();
        expect(split(chunks)).toEqual(expected);
      }),
    );
  });

  test.each([
    ["in one chunk", 1_000_000],
    ["in many chunks", 1_000],
  ])("of a megabyte %s are cut and say so, and the next one is whole", (_, size) => {
    const whole = Buffer.from(`${"x".repeat(1_000_000)}\nnext\n`);
    const chunks = [];
    for (let begin = 0; begin < whole.length; begin += size) chunks.push(whole.subarray(begin, begin + size));
    expect(split(chunks)).toEqual([`${"x".repeat(8_192)} … (1000000 bytes in all)`, "next"]);
  });

  test("are cut between characters", () => {
    expect(split([Buffer.from("aäaä\n")], 5)).toEqual(["aäa … (6 bytes in all)"]);
    expect(split([Buffer.from("12345\n12345")], 5)).toEqual(["12345", "12345"]);
  });

  test("with bytes that are not UTF-8 have U+FFFD in their place", () => {
    expect(split([Uint8Array.of(97, 0xff, 98, 10, 0xc3), Uint8Array.of(10, 0xc3, 10)])).toEqual([
      "a\ufffdb",
      "\ufffd",
      "\ufffd",
    ]);
  });

  test("may end with a carriage return, and may be empty", () => {
    expect(split([Buffer.from("a\r\n\r\nb\rc\n\n")])).toEqual(["a", "", "b\rc", ""]);
  });
});

describe("the output of a child process", () => {
  test("is logged by line, with the component's name and the stream", async () => {
    const script = `echo one; echo two >&2; head -c 1000000 /dev/zero | tr '\\0' x; echo; printf 'a\\377b\\n'; printf 'no end'`;
    const t = await runController(childProcess({ name: "a", command: "sh", args: ["-c", script], exitZero: "done" }));
    await t.reached("a", "idle");
    const lines = t.log.filter((entry) => entry.stream !== undefined);
    expect(new Set(lines.map((entry) => entry.component))).toEqual(new Set(["a"]));
    expect(lines.find((entry) => entry.stream === "stderr")).toMatchObject({ level: "info", message: "two" });
    expect(lines.filter((entry) => entry.stream === "stdout").map((entry) => entry.message)).toEqual([
      "one",
      `${"x".repeat(8_192)} … (1000000 bytes in all)`,
      "a\ufffdb",
      "no end",
    ]);
  });

  test("is logged at the level that is chosen by line; what is not logged is not quoted either", async () => {
    const script = "echo E1 bad; echo I1 good; echo password=abc; echo broken";
    const t = await runController(
      childProcess({
        name: "a",
        command: "sh",
        args: ["-c", script],
        restart: { mode: "never" },
        logLevel: ({ text, stream }) => {
          if (text === "broken") throw new Error(stream);
          return text.includes("password") ? undefined : text.startsWith("E") ? "error" : "debug";
        },
      }),
    );
    await t.reached("a", "failed");
    const lines = t.log.filter((entry) => entry.stream !== undefined);
    expect(JSON.stringify([t.log, t.controller.snapshot()])).not.toContain("abc");
    expect(t.controller.snapshot().components[0]?.lastError).toContain("E1 bad | I1 good | broken");
    expect(lines.map((entry) => [entry.level, entry.message])).toEqual([
      ["error", "E1 bad"],
      ["debug", "I1 good"],
      ["info", "broken"],
    ]);
  });
});
