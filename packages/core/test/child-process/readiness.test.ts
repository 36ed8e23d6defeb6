import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { ChildProcessComponent, childProcess, createToken, defineComponent, type Readiness } from "@tenure/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { isRunning } from "../../src/child-process/process-identity.ts";
import { makeFifo } from "./fifo.ts";
import { identified } from "./identified.ts";
import { numberIn, runController } from "./run-controller.ts";

const steady = { restart: { mode: "never" } } as const;

/** A port that nobody listens on; the system does not give it to the next who asks. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Prints `begun`, and listens on the port once it is sent SIGUSR2. The first answers are as `statuses` says. */
function lateServer(port: number, kind: "http" | "tcp") {
  const script = `
    let answers = 0;
    const server = ${
      kind === "tcp"
        ? `require("node:net").createServer((socket) => socket.end())`
        : `require("node:http").createServer((_, response) => {
             answers++;
             response.statusCode = answers < 3 ? 503 : 204;
             response.end();
             console.log("answered", response.statusCode);
           })`
    };
    process.on("SIGUSR2", () => server.listen(${port}, "127.0.0.1"));
    process.on("SIGTERM", () => process.exit(0));
    console.log("begun pid=" + process.pid);
    setInterval(() => {}, 1000);
  `;
  return { command: process.execPath, args: ["-e", script] };
}

describe("the readiness of a child process", () => {
  test("at once: runs as soon as there is a process", async () => {
    const t = await runController(childProcess({ name: "a", command: "sleep", args: ["100"], ...steady }));
    expect((await t.reached("a", "running")).instance).toBe(1);
  });

  test.each([
    ["on standard output", "echo serving clients; echo more"],
    ["on standard error", "echo serving clients >&2"],
    ["without the end of its line", "printf 'serving clients' && exec >&- 2>&-"],
  ])("by output: a line %s that matches", async (_, print) => {
    const script = `echo pid=$$; read -r go <"$1"; ${print}; exec sleep 100`;
    const { fifo, write } = await makeFifo();
    const ready: Readiness = { output: /^serving/g };
    const t = await runController(
      childProcess({ name: "a", command: "sh", args: ["-c", script, "sh", fifo], ready, ...steady }),
    );
    await t.lineWith("a", "pid=");
    expect(t.transitions.at(-1)?.to).toBe("starting");
    await write("go\n");
    await t.reached("a", "running");
  });

  test("by a port: when a connection can be made", async () => {
    const port = await freePort();
    const t = await runController(
      childProcess({ name: "a", ...lateServer(port, "tcp"), ready: { tcp: port }, ...steady }),
    );
    const pid = numberIn(await t.lineWith("a", "begun"), "pid");
    expect(t.transitions.at(-1)?.to).toBe("starting");
    process.kill(pid, "SIGUSR2");
    await t.reached("a", "running");
  });

  test("by a URL: when it answers with success, not merely answers", async () => {
    const port = await freePort();
    const ready = { http: `http://127.0.0.1:${port}/healthz` };
    const t = await runController(childProcess({ name: "a", ...lateServer(port, "http"), ready, ...steady }));
    process.kill(numberIn(await t.lineWith("a", "begun"), "pid"), "SIGUSR2");
    await t.reached("a", "running");
    await t.lineWith("a", "answered 204");
    const answers = t.log.filter((entry) => entry.message.startsWith("answered")).map((entry) => entry.message);
    expect(answers).toEqual(["answered 503", "answered 503", "answered 204"]);
  });

  test("by a function: tried again while it says no, throws or hangs", async () => {
    const answers = [
      () => Promise.resolve(false),
      () => Promise.reject(new Error("not yet")),
      () => new Promise<boolean>(() => {}),
      () => true,
    ];
    let attempts = 0;
    const ready = { probe: () => answers[attempts++]?.() ?? false, timeout: 100 };
    const t = await runController(childProcess({ name: "a", command: "sleep", args: ["100"], ready, ...steady }));
    await t.reached("a", "running");
    expect(attempts).toBe(4);
  });

  test("an end before that is a failed start, with the exit code and what it wrote last", async () => {
    const script = "for i in 1 2 3 4 5 6 7; do echo line $i; done; printf 'no such member' >&2; exit 3";
    const t = await runController(
      childProcess({ name: "a", command: "sh", args: ["-c", script], ready: { output: /never/ }, ...steady }),
    );
    const { reason } = await t.reached("a", "failed");
    expect(reason.text).toMatch(/TENURE_CHILD_START_FAILED: \S+\/sh ended with exit code 3 before it was ready/);
    expect(reason.text).toContain("no such member");
    expect(reason.text).toContain("line 7");
    expect(reason.text).not.toContain("line 1");
    expect(reason.text).toContain("start failed");
  });

  test("exit code 0 before that is a failed start too, even of a job", async () => {
    const t = await runController(
      childProcess({ name: "a", command: "true", ready: { output: /never/ }, exitZero: "done", ...steady }),
    );
    expect((await t.reached("a", "failed")).reason.text).toContain("exit code 0 before it was ready");
  });

  test("is given up when the start takes too long, and the process is ended", async () => {
    const t = await runController(
      childProcess({
        name: "a",
        command: "sh",
        args: ["-c", "echo pid=$$; exec sleep 100"],
        ready: { output: /never/ },
        startTimeout: 300,
        ...steady,
      }),
    );
    const leader = await identified(numberIn(await t.lineWith("a", "pid="), "pid"));
    expect((await t.reached("a", "failed")).reason.text).toContain("did not start within 300 ms");
    expect(await isRunning(leader)).toBe(false);
  });

  test("a start under way ends with the term, and its probe is told", async () => {
    let told: AbortSignal | undefined;
    const asked = Promise.withResolvers<void>();
    const probe = (signal: AbortSignal) => {
      told = signal;
      asked.resolve();
      return new Promise<boolean>(() => {});
    };
    const t = await runController(
      childProcess({ name: "a", scope: "leader", command: "sleep", args: ["100"], ready: { probe, timeout: 60_000 } }),
    );
    t.lease.grant();
    await asked.promise;
    t.lease.take();
    expect((await t.reached("a", "idle")).from).toBe("stopping");
    expect(told?.aborted).toBe(true);
    expect(t.transitions.map((event) => event.to)).not.toContain("running");
  });
});

describe("what a child process is made of", () => {
  test("comes from what is injected, and dependents start when it is ready", async () => {
    const addressToken = createToken<{ readonly url: string }>("example.address");
    const server = createServer((_, response) => response.end("ok"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = defineComponent({
      name: "address",
      provides: addressToken,
      create: () => ({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    });
    const child = childProcess({
      name: "child",
      needs: { address: addressToken },
      command: "sh",
      args: ({ address }) => ["-c", 'echo "$1 $COLOUR in $(pwd)"; exec sleep 100', "sh", address.url],
      env: ({ address }) => ({ COLOUR: `blue-${address.url.length > 0}`, HOME: undefined }),
      cwd: () => "/",
      ready: ({ address }) => ({ http: address.url }),
    });
    let seen: number | undefined;
    const dependent = defineComponent({
      name: "dependent",
      needs: { child },
      create: ({ child }) => ({
        start() {
          seen = child.pid;
        },
      }),
    });
    const t = await runController(address, child, dependent);
    await t.reached("dependent", "running");
    expect(await t.lineWith("child", "in /")).toMatch(/^http:\S+ blue-true in \/$/);
    expect(seen).toBeGreaterThan(1);
  });

  test("an instance with more to offer is made of the class", async () => {
    const server = defineComponent({
      name: "server",
      create: (_needs, _wants, scope) =>
        Object.assign(new ChildProcessComponent({ command: "sleep", args: ["100"] }, scope), { endpoint: "unix:/x" }),
    });
    let endpoint: string | undefined;
    const user = defineComponent({
      name: "user",
      needs: { server },
      create: ({ server }) => ({
        start: () => {
          endpoint = server.endpoint;
        },
      }),
    });
    const t = await runController(server, user);
    await t.reached("user", "running");
    expect(endpoint).toBe("unix:/x");
  });

  test("only what it is given, when it inherits nothing", async () => {
    const t = await runController(
      childProcess({ name: "a", command: "/usr/bin/env", env: { ONLY: "1" }, inheritEnv: false, exitZero: "done" }),
    );
    await t.reached("a", "idle");
    const lines = t.log.filter((entry) => entry.stream === "stdout").map((entry) => entry.message);
    // Shells add PWD and the like by themselves.
    expect(lines.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual(["ONLY=1"]);
  });

  test.each([
    ["a program that is not in PATH", { command: "no-such-program" }, /no program no-such-program in the folders/],
    ["a path that is no program", { command: "/etc/passwd" }, /\/etc\/passwd is not a program/],
    ["a folder that does not exist", { command: "true", cwd: "/no/such/folder" }, /\/no\/such\/folder, in which true/],
  ])("%s is a failed start that says so", async (_, settings, text) => {
    const t = await runController(childProcess({ name: "a", ...settings, ...steady }));
    const { reason } = await t.reached("a", "failed");
    expect(reason.text).toMatch(text);
    expect(reason.text).toContain("TENURE_CHILD_NOT_FOUND");
  });
});
