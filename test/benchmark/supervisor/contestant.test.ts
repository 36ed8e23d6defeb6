import { describe, expect, test } from "vitest";
import { Contestant } from "./contestant.ts";
import { nodeCommand } from "./peers.ts";

const small = { layers: 4, width: 3, fanIn: 2, work: 0 };

describe("a contestant", () => {
  test("is asked for one figure after the other", async () => {
    await using contestant = new Contestant(nodeCommand("tenure.ts"));
    for (const scenario of ["start", "stop", "validate"]) {
      expect((await contestant.ask(scenario, small)).value).toBeGreaterThan(0);
    }
  });

  test("says when it does not have what is asked", async () => {
    await using contestant = new Contestant(nodeCommand("tenure.ts"));
    expect(await contestant.ask("fly", small)).toEqual({ cannot: "has no such thing" });
    expect((await contestant.ask("start", small)).value).toBeGreaterThan(0);
  });

  test("that ends instead of answering is said, not waited for", async () => {
    const code = "console.error('out of order'); process.exit(3)";
    await using contestant = new Contestant({ file: process.execPath, args: ["-e", code] });
    const { cannot } = await contestant.ask("start", small);
    expect(cannot).toContain("ended with 3");
    expect(cannot).toContain("out of order");
  });

  test("that does not exist is said", async () => {
    await using contestant = new Contestant({ file: "/no/such/program", args: [] });
    expect((await contestant.ask("start", small)).cannot).toContain("ENOENT");
  });

  test("that answers with what is no number has no figure", async () => {
    await using contestant = new Contestant({ file: process.execPath, args: ["-p", "'fast'"] });
    expect(await contestant.ask("start", small)).toEqual({ cannot: 'said "fast"' });
  });
});
