import { type ComponentOptions, defineComponent, defineLease } from "@tenure/core";
import { FakeLease, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { problemsOf, textsOf } from "./composition-problems.ts";
import { Probes } from "./probe-component.ts";

/** As an author without a compiler gives them. */
function withOptions(options: object) {
  return { components: [defineComponent({ name: "dns", create: () => ({}), ...(options as ComponentOptions) })] };
}

describe("options of a component", () => {
  test.each([
    [{ startTimeout: -1 }, "startTimeout must be a number of milliseconds, from 1 to 2147483647 (24 days); it is -1"],
    [{ startTimeout: 0 }, "startTimeout must be"],
    [{ startTimeout: Number.POSITIVE_INFINITY }, "startTimeout must be"],
    [{ stopTimeout: Number.NaN }, "stopTimeout must be a number of milliseconds"],
    [{ stopTimeout: "5s" }, 'stopTimeout must be a number of milliseconds, from 0 to 2147483647 (24 days); it is "5s"'],
    [{ health: 5 }, "health must be an object; it is 5"],
    [{ health: { interval: 0 } }, "health.interval must be"],
    [{ health: { timeout: -1 } }, "health.timeout must be"],
    [{ health: { threshold: 0 } }, "health.threshold must be a whole number of at least 1; it is 0"],
    [{ health: { threshold: 1.5 } }, "health.threshold must be"],
    [{ restart: { mode: "on-failur" } }, 'it is "on-failur"; did you mean "on-failure"?'],
    [{ restart: { backoff: { base: -1 } } }, "restart.backoff.base must be"],
    [{ restart: { backoff: { factor: 0.5 } } }, "restart.backoff.factor must be a number of at least 1; it is 0.5"],
    [{ restart: { backoff: { cap: Number.NaN } } }, "restart.backoff.cap must be"],
    [{ restart: { backoff: { jitter: 1.5 } } }, "restart.backoff.jitter must be a number from 0 to 1; it is 1.5"],
    [
      { restart: { backoff: { base: 60_000 } } },
      "restart.backoff.base (60000 ms) is more than restart.backoff.cap (30000 ms)",
    ],
    [{ restart: { resetAfter: -5 } }, "restart.resetAfter must be"],
    [
      { restart: { intensity: { restarts: 0, within: 1 } } },
      "restart.intensity.restarts must be a whole number of at least 1",
    ],
    [{ restart: { intensity: { restarts: 3 } } }, "restart.intensity.within is missing"],
    [{ onFailure: "explode" }, 'onFailure must be "isolate" or "yield" or "exit"; it is "explode"'],
    [{ critical: "yes" }, "critical must be an object"],
    [{ critical: { within: 0 } }, "critical.within must be"],
    [{ spawns: {} }, "spawns.stopTimeout is missing"],
    [{ spawns: null }, "spawns must be an object; it is null"],
    [{ stopTimout: 5 }, 'stopTimout is no option that it has; did you mean "stopTimeout"?'],
    [{ scope: 5 }, 'scope must be "process" or the name of a lease; it is 5'],
    [{ create: { start() {} } }, "create must be a function; it is an object"],
    [{ needs: { dns: undefined } }, "needs.dns is undefined, so it was not there yet when it was named"],
    [{ needs: { dns: class Dns {} } }, "needs.dns must be a token; it is the function Dns"],
    [{ needs: ["dns"] }, "needs must be an object of tokens; it is an array"],
    [{ wants: { dns: "dns" } }, 'wants.dns must be a token or a definition; it is "dns"'],
    [{ after: [undefined] }, "after[0] is undefined"],
    [{ after: {} }, "after must be an array of tokens; it is an object"],
    [{ provides: "dns" }, 'provides must be a token or a definition; it is "dns"'],
  ])("%o is refused with its path", async (options, message) => {
    const problems = await problemsOf(withOptions(options));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.code).toBe("TENURE_BAD_OPTION");
    expect(problems[0]?.message).toContain(`component "dns": `);
    expect(problems[0]?.message).toContain(message);
    expect(problems[0]?.remedy).not.toBe("");
  });

  test("all wrong ones of all components are told at once", async () => {
    const components = [
      ...withOptions({ startTimeout: -1, health: { interval: 0, threshold: 0 } }).components,
      defineComponent({ name: "b", stopTimeout: -1, create: () => ({}) }),
    ];
    expect(await problemsOf({ components })).toHaveLength(4);
  });

  test("every option at the edge of what is allowed is taken", async () => {
    const options: ComponentOptions = {
      startTimeout: 1,
      stopTimeout: 0,
      health: { interval: 1, timeout: 1, threshold: 1 },
      restart: {
        mode: "always",
        backoff: { base: 0, factor: 1, cap: 0, jitter: 1 },
        resetAfter: 0,
        intensity: { restarts: 1, within: 1 },
      },
      onFailure: "exit",
      critical: { within: 1 },
      spawns: { stopTimeout: 0 },
    };
    expect(await problemsOf(withOptions(options))).toEqual([]);
    expect(await problemsOf(withOptions({ spawns: false, critical: false, health: undefined }))).toEqual([]);
  });

  test("a wrong stop timeout does not also lengthen the chain of stops", async () => {
    const component = defineComponent({ name: "a", scope: "leader", stopTimeout: Number.NaN, create: () => ({}) });
    const problems = await problemsOf({ leases: [new FakeLease().definition], components: [component] });
    expect(problems.map(({ code }) => code)).toEqual(["TENURE_BAD_OPTION"]);
  });
});

describe("a lease", () => {
  const timing = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000, safetyMargin: 1_000 };
  const create = () => new FakeLease();

  test.each([
    [{ timing: { ...timing, leaseDuration: Number.NaN } }, "timing.leaseDuration must be"],
    [{ timing: { ...timing, retryPeriod: 0 } }, "timing.retryPeriod must be"],
    [{ timing: { leaseDuration: 1 } }, "timing.renewDeadline is missing"],
    [
      { timing: { ...timing, renewDeadline: 3_000 } },
      "timing.renewDeadline (3000 ms) is less than two retry periods (4000 ms)",
    ],
    [{ create: undefined }, "create must be a function; it is undefined"],
    [{ needs: { api: undefined } }, "needs.api is undefined"],
  ])("is refused with %o", async (wrong, message) => {
    const lease = defineLease({ name: "leader", timing, create, ...(wrong as object) });
    const texts = await textsOf({ leases: [lease] });
    expect(texts[0]).toContain(`TENURE_BAD_OPTION: lease "leader": ${message}`);
  });

  test("must not need what lives under a lease", async () => {
    const probes = new Probes();
    const texts = await textsOf({
      leases: [new FakeLease({ needs: { a: probes.define("a") } }).definition],
      components: [probes.define("a")],
    });
    expect(texts).toEqual([
      'TENURE_SCOPE_CROSSED: lease "leader" (scope "process") needs "a", which lives only within terms of lease "leader"',
    ]);
  });
});

describe("options of a child", () => {
  async function spawning(options: object) {
    const probes = new Probes();
    await using t = await startTestController({ components: [probes.define("parent", { spawns: true })] });
    await t.grant();
    probes.contextOf("parent").spawn(defineComponent({ name: "child", create: () => ({}), ...(options as object) }));
    return t.phaseOf("parent/child");
  }

  test.each([
    [{ restart: { backoff: { factor: 0 } } }, /child "child" of "parent": restart\.backoff\.factor must be/],
    [{ name: "a/b" }, /a component is called "a\/b"/],
    [{ scope: "process" }, /its scope is "process", not that of its parent/],
    [{ after: [{ name: "x" }] }, /cannot have `provides` or `after`/],
    [{ stopTimeout: 1_001 }, /takes 1001 ms at most, more than the 1000 ms that the parent grants/],
    [{ needs: { x: { name: "nowhere" } } }, /nothing provides "nowhere"/],
  ])("%o is refused", async (options, message) => {
    await expect(spawning(options)).rejects.toThrow(message);
  });

  test("its stop timeout is what the parent grants, unless it says less", async () => {
    expect(await spawning({})).toBe("running");
    expect(await spawning({ stopTimeout: 10 })).toBe("running");
  });
});
