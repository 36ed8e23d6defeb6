import { type ControllerSnapshot, type LeaseSnapshot, prettyPrint } from "@tenure/core";
import { startTestController, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { durationText } from "../../src/introspection/duration-text.ts";
import { Probes } from "../probe-component.ts";
import { takes } from "./timed-start.ts";

describe("prettyPrint", () => {
  test("shows every scope with its components, times and reasons, what took longest, and the critical chains", async () => {
    const clock = new VirtualClock();
    const probes = new Probes();
    const connection = probes.define("connection", { scope: "process", ...takes(clock, 350) });
    const directory = probes.define("directory", { critical: true, ...takes(clock, 120) });
    const stacks = probes.define("stacks", {
      needs: [directory],
      spawns: true,
      start: async (context) => {
        await takes(clock, 1_250).start();
        for (let index = 1; index <= 400; index++) context.spawn(probes.define(`tenant-${index}`));
      },
    });
    const dns = probes.define("dns", { needs: [stacks], ...takes(clock, 5) });
    const metrics = probes.define("metrics", {
      restart: { backoff: { base: 60_000, cap: 60_000, jitter: 0 } },
      start: () => {
        throw new Error("port 9090\n  is taken \u001b[31mred");
      },
    });
    const dashboard = probes.define("dashboard", { needs: [metrics] });
    const t = await startTestController({
      components: [dashboard, metrics, dns, stacks, directory, connection],
      clock,
      identity: "node-1",
    });
    await clock.advance(2_000);
    await t.grant();
    await clock.advance(39_700);
    probes.contextOf("tenant-300").fail(new Error("quota exceeded"));
    await clock.advance(100);
    expect(`\n${t.controller.prettyPrint({ children: 3 })}`).toMatchInlineSnapshot(`
      "
      controller node-1
      406 components: 403 running, 2 backoff, 1 waiting

                                phase     for      waited   took
      process: runs for 41.8 s
      └─ connection             running   41.5 s   0 ms     350 ms

      lease leader: held by test for 39.8 s, term 1, token 1, without an end
        stopping takes at most 4 s; draining begins 10 s after the last renewal
      ├─ metrics                backoff   39.8 s   0 ms     0 ms     start failed: port 9090 is taken [31mred; failure 1 in a row, tried again after 60000 ms
      ├─ dashboard              waiting   39.8 s                     waits for "metrics"
      ├─ directory              running   39.7 s   0 ms     120 ms   critical
      ├─ stacks                 running   38.4 s   120 ms   1.25 s
      │  ├─ stacks/tenant-1     running   38.4 s   0 ms     0 ms
      │  ├─ stacks/tenant-2     running   38.4 s   0 ms     0 ms
      │  ├─ stacks/tenant-300   backoff   100 ms   0 ms     0 ms     failed: quota exceeded; failure 1 in a row, tried again after 210 ms
      │  └─ … 397 more                                               397 running
      └─ dns                    running   38.4 s   1.37 s   5 ms

      slowest starts
        stacks       leader    1.25 s
        connection   process   350 ms
        directory    leader    120 ms
        dns          leader    5 ms

      critical chain of process: 350 ms
        connection   @ 0 ms   + 350 ms

      critical chain of leader: 1.38 s
        directory   @ 0 ms     + 120 ms
        stacks      @ 120 ms   + 1.25 s
        dns         @ 1.37 s   + 5 ms
      "
    `);
    await t.controller.stop();
    expect(`\n${t.controller.prettyPrint()}`).toMatchInlineSnapshot(`
      "
      controller node-1
      6 components: 6 idle
      shuts down: asked to stop

                      phase   for    waited   took
      process: shuts down for 0 ms
      └─ connection   idle    0 ms   0 ms     350 ms   asked to stop

      lease leader: not campaigned for (withdrawn)
        stopping takes at most 4 s; draining begins 10 s after the last renewal
      ├─ metrics      idle    0 ms   0 ms     0 ms     asked to stop
      ├─ dashboard    idle    0 ms                     asked to stop
      ├─ directory    idle    0 ms   0 ms     120 ms   critical; lease "leader" is given up: asked to stop
      ├─ stacks       idle    0 ms   120 ms   1.25 s   lease "leader" is given up: asked to stop
      └─ dns          idle    0 ms   1.37 s   5 ms     lease "leader" is given up: asked to stop

      slowest starts
        stacks       leader    1.25 s
        connection   process   350 ms
        directory    leader    120 ms
        dns          leader    5 ms
      "
    `);
  });

  test("says of a lease who holds it, and what it waits for, in each of its states", async () => {
    await using t = await startTestController({ components: [new Probes().define("a")] });
    const snapshot = t.controller.snapshot();
    const titleOf = (lease: Partial<LeaseSnapshot>) => {
      const leases = [{ ...snapshot.leases[0]!, reason: "why", age: 1_500, ...lease }];
      return prettyPrint({ ...snapshot, leases })
        .split("\n")
        .find((line) => line.startsWith("lease "));
    };
    const term = { number: 3, token: 17, held: true, remaining: 8_400 };
    const elector = { state: "standby", holder: "node-2", token: 16, detail: "unreachable" };
    expect(titleOf({ state: "off", elector: undefined })).toBe("lease leader: not campaigned for (why)");
    expect(titleOf({ state: "campaigning", elector })).toBe(
      "lease leader: campaigns for 1.5 s, held by node-2 with token 16 (unreachable)",
    );
    expect(titleOf({ state: "campaigning", elector: { ...elector, holder: undefined, detail: undefined } })).toBe(
      "lease leader: campaigns for 1.5 s, held by nobody that is known",
    );
    expect(titleOf({ state: "held", term, elector: { ...elector, holder: "node-1" } })).toBe(
      "lease leader: held by node-1 for 1.5 s, term 3, token 17, 8.4 s left",
    );
    expect(titleOf({ state: "draining", term, live: 2 })).toBe(
      "lease leader: drains for 1.5 s (why), 2 still live, term 3, token 17, 8.4 s left",
    );
    expect(titleOf({ state: "ended", live: 1 })).toBe("lease leader: ended 1.5 s ago (why), 1 still live");
  });

  test("has dependencies above their dependents, in whatever order the snapshot has them", async () => {
    const probes = new Probes();
    const a = probes.define("a");
    const b = probes.define("b", { needs: [a] });
    await using t = await startTestController({ components: [probes.define("c", { after: [b] }), b, a] });
    const snapshot = t.controller.snapshot();
    for (const components of [snapshot.components, snapshot.components.toReversed()]) {
      const lines = prettyPrint({ ...snapshot, components }).split("\n");
      const names = lines.flatMap((line) => /^[├└]─ (\w+)/.exec(line)?.[1] ?? []);
      expect(names).toEqual(["a", "b", "c"]);
    }
  });

  test("is the same for the same snapshot, also for one that went through JSON", async () => {
    const probes = new Probes();
    const parent = probes.define("parent", { spawns: true });
    await using t = await startTestController({ components: [parent] });
    await t.grant();
    for (let index = 0; index < 50; index++) probes.contextOf("parent").spawn(probes.define(`c${index}`));
    const snapshot = t.controller.snapshot();
    const text = prettyPrint(snapshot);
    expect(prettyPrint(JSON.parse(JSON.stringify(snapshot)) as ControllerSnapshot)).toBe(text);
    expect(text).toContain("└─ … 40 more");
    expect(text.split("\n").filter((line) => line !== line.trimEnd())).toEqual([]);
  });
});

describe("durationText", () => {
  test.each([
    [0, "0 ms"],
    [0.04, "0 ms"],
    [0.44, "0.4 ms"],
    [9.94, "9.9 ms"],
    [9.96, "10 ms"],
    [850.4, "850 ms"],
    [999.4, "999 ms"],
    [999.6, "1 s"],
    [1_250, "1.25 s"],
    [9_996, "10 s"],
    [12_340, "12.3 s"],
    [59_960, "1 min"],
    [245_000, "4 min 5 s"],
    [3_599_600, "1 h"],
    [7_800_000, "2 h 10 min"],
    [86_399_000, "1 d"],
    [273_600_000, "3 d 4 h"],
  ])("of %d ms is %s", (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});
