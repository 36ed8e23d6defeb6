import {
  type ChildProcessOptions,
  type CompositionError,
  childProcess,
  createController,
  type Needs,
} from "@tenure/core";
import { expect, test } from "vitest";
import { runController } from "./run-controller.ts";

/** As JavaScript would give them. */
type Loose = Readonly<Record<string, unknown>>;

const component = (settings: Loose) =>
  childProcess({ name: "a", command: "true", ...settings } as unknown as ChildProcessOptions<Needs, Needs>);

async function problemsOf(settings: Loose) {
  const refused = createController({ components: [component(settings)] });
  const error: CompositionError = await refused.then(
    () => expect.fail("it was composed"),
    (problem) => problem,
  );
  return error.problems;
}

const injectable: readonly (readonly [Loose, string])[] = [
  [{ command: 5 }, "command must be a string that is not empty; it is 5"],
  [{ command: "" }, 'command must be a string that is not empty; it is ""'],
  [{ args: "secret value" }, "args must be an array of strings; it is a string"],
  [{ args: ["secret", 3] }, "args[1] must be a string; it is a number"],
  [{ args: ["a", "secret\0"] }, "args[1] holds a zero byte"],
  [{ env: "secret" }, "env must be an object of strings; it is a string"],
  [{ env: { PORT: 8080 } }, "env.PORT must be a string; it is a number"],
  [{ env: { A: "secret\0" } }, "env.A holds a zero byte"],
  [{ env: { "a.b": "secret" } }, 'env has "a.b", which cannot be the name of an environment variable'],
  [{ cwd: 5 }, "cwd must be a string that is not empty; it is 5"],
  [{ ready: "soon" }, 'ready must be "at-once" or an object with one of output, tcp, http, probe; it is "soon"'],
  [{ ready: {} }, "ready must be"],
  [{ ready: { timeout: 5 } }, "it has none of them"],
  [{ ready: { tpc: 1 } }, 'ready.tpc is no option that it has; did you mean "tcp"?'],
  [{ ready: { tcp: 1, output: /x/ } }, "it has tcp and output"],
  [{ ready: { output: "text" } }, 'ready.output must be a regular expression; it is "text"'],
  [{ ready: { output: undefined } }, "ready.output is missing"],
  [{ ready: { http: "nonsense" } }, 'ready.http must be an address of http: or https:; it is "nonsense"'],
  [
    { ready: { http: "ftp://me:password@host" } },
    "ready.http must be an address of http: or https:; it is one of ftp:",
  ],
  [{ ready: { http: "http://a", tls: { rejectUnauthorized: "no" } } }, "ready.tls.rejectUnauthorized must be true or"],
  [{ ready: { tcp: 70_000 } }, "ready.tcp must be a port, from 1 to 65535; it is 70000"],
  [{ ready: { tcp: { host: "a" } } }, "ready.tcp.port is missing"],
  [{ ready: { probe: true } }, "ready.probe must be a function; it is true"],
  [{ healthy: { output: /x/ } }, "healthy.output is for `ready` only"],
  [{ healthy: "at-once" }, 'healthy must be an object with one of tcp, http, probe; it is "at-once"'],
  [{ healthy: { tcp: "abc" } }, 'healthy.tcp must be a port, from 1 to 65535; it is "abc"'],
  [{ healthy: { tcp: 1, timeout: "1s" } }, "healthy.timeout must be a number of milliseconds"],
];

const fixed: readonly (readonly [Loose, string])[] = [
  [{ command: undefined }, "command is missing"],
  [{ inheritEnv: "no" }, 'inheritEnv must be true or false; it is "no"'],
  [{ stopSignal: "SIGFOO" }, 'stopSignal must be the name of a signal; it is "SIGFOO"'],
  [{ stopSignal: 15 }, "stopSignal must be the name of a signal; it is 15"],
  [{ exitZero: "ok" }, 'exitZero must be "failure" or "done"; it is "ok"'],
  [{ logLevel: "debug" }, 'logLevel must be a function; it is "debug"'],
  [{ stateDirectory: 5 }, "stateDirectory must be a string that is not empty; it is 5"],
  [{ comand: "x" }, 'comand is no option that it has; did you mean "command"?'],
  [{ create: () => ({}) }, "create is no option that it has"],
  [{ startTimeout: "1s" }, "startTimeout must be a number of milliseconds"],
];

const titled = (rows: typeof fixed) => rows.map(([settings, text]) => [text, settings] as const);

test.each(titled([...injectable, ...fixed]))("refuses at composition: %s", async (text, settings) => {
  const problems = await problemsOf(settings);
  expect(problems).toEqual([
    { code: "TENURE_BAD_OPTION", message: expect.stringContaining(text), remedy: expect.stringMatching(/./) },
  ]);
  expect(problems[0]?.message).toMatch(/^component "a": /);
  expect(problems[0]?.message).not.toMatch(/secret|8080|password/);
});

test.each(titled(injectable))("fails the start when a function gives it: %s", async (text, settings) => {
  const functions = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, () => value]));
  const t = await runController(component({ ...functions, restart: { mode: "never" } }));
  const { reason } = await t.reached("a", "failed");
  expect(reason.text).toContain(text);
  expect(reason.text).toContain('component "a": ');
  expect(reason.text).toContain("TENURE_CHILD_BAD_OPTION");
  expect(reason.text).not.toMatch(/secret|8080|password/);
});

test("reports all mistakes of a child process at once, and what is right not at all", async () => {
  const problems = await problemsOf({ ready: "soon", exitZero: "ok", health: { interval: 0 } });
  expect(problems.map(({ message }) => message.split(" ").slice(2, 3))).toEqual([
    ["health.interval"],
    ["ready"],
    ["exitZero"],
  ]);
  class Asked {
    readonly url = "of its own";
    probe() {
      return this.url.length > 0;
    }
  }
  const right = [
    { ready: { output: /x/g }, healthy: new Asked() },
    { ready: { http: new URL("https://127.0.0.1/a"), tls: { ca: "x", rejectUnauthorized: false }, timeout: 5 } },
    { ready: { tcp: { port: 1, host: "::1" } }, healthy: { tcp: 1 }, env: { A: "1", B: undefined }, args: [] },
    { args: undefined, env: undefined, ready: undefined, stopSignal: "SIGINT", logLevel: () => undefined },
  ];
  for (const settings of right) await createController({ components: [component(settings)] });
});

test("logs a line at info when its level is none that there is", async () => {
  const t = await runController(
    component({
      command: "echo",
      args: ["hello"],
      exitZero: "done",
      logLevel: () => "loud",
      ready: { output: /hello/ },
    }),
  );
  await t.lineWith("a", "hello");
  expect(t.log.find(({ message }) => message === "hello")?.level).toBe("info");
});
