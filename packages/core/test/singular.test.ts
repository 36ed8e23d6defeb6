import { startTestController } from "@tenure/testing";
import { expect, test } from "vitest";
import { Probes } from "./probe-component.ts";

test("one component, one failed check and one restart are told of in the singular", async () => {
  const a = new Probes().define("a", {
    health: { interval: 100, timeout: 50, threshold: 1 },
    restart: { backoff: { base: 10, jitter: 0 }, intensity: { restarts: 1, within: 10_000 } },
    healthy: () => false,
  });
  await using t = await startTestController({ components: [a] });
  const reason = () => t.controller.snapshot().components[0]?.reason.text;
  await t.grant();
  await t.clock.advance(100);
  expect(reason()).toMatch(/^not healthy 1 time in a row: /);
  await t.clock.advance(10);
  expect(t.controller.prettyPrint()).toContain("\n1 component: 1 running\n");
  expect(t.controller.prettyPrint()).toMatch(/ 1 restart\b/);
  await t.clock.advance(100);
  expect(t.phaseOf("a")).toBe("failed");
  expect(reason()).toMatch(/; 1 restart within 10000 ms did not help$/);
});
