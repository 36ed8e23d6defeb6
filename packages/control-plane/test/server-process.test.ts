import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ServerProcess, type ServerProcessOptions } from "../src/server-process.ts";
import { Watchdog } from "../src/watchdog.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A server made of a line of shell; it is ready when the file `ready` is there. */
async function shellServer(script: string, options: Partial<ServerProcessOptions> = {}): Promise<ServerProcess> {
  const directory = await temporaryDirectory();
  const watchdog = await Watchdog.start();
  const server = new ServerProcess({
    name: "a-server",
    command: { file: "/bin/sh", args: ["-c", script] },
    args: [],
    directory,
    logFile: join(directory, "log"),
    ready: async () => (await stat(join(directory, "ready"))).isFile(),
    readyTimeout: 5_000,
    stopTimeout: 5_000,
    watchdog,
    ...options,
  });
  onTestFinished(async () => {
    await server.kill();
    await watchdog.dismiss();
  });
  return server;
}

const runs = "touch ready; exec sleep 1000";

describe("a server's process", () => {
  test("that ends before it is ready is an error that shows the end of its log", async () => {
    const server = await shellServer("for n in $(seq 30); do echo line $n; done; exit 3");
    await expect(server.start()).rejects.toMatchObject({
      code: "CONTROL_PLANE_START_FAILED",
      message: expect.stringMatching(
        /^a-server ended with code 3 .*\nline 1\nline 2\nline 3\n…\nline 16\n(line \d+\n){13}line 30\n/,
      ),
    });
    expect(server.running).toBe(false);
  });

  test("that finds its port taken says so by its code", async () => {
    const server = await shellServer("echo 'listen tcp 127.0.0.1:1: bind: address already in use'; exit 1");
    await expect(server.start()).rejects.toMatchObject({ code: "CONTROL_PLANE_PORT_TAKEN" });
  });

  test("that is never ready is an error, and runs on for whoever wants to look at it", async () => {
    const server = await shellServer("echo hello; exec sleep 1000", { readyTimeout: 100 });
    await expect(server.start()).rejects.toMatchObject({
      code: "CONTROL_PLANE_START_TIMEOUT",
      message: expect.stringContaining("hello"),
    });
    expect(server.running).toBe(true);
  });

  test("that is no program at all is an error", async () => {
    const server = await shellServer("", { command: { file: "/nowhere/server", args: [] } });
    await expect(server.start()).rejects.toMatchObject({
      code: "CONTROL_PLANE_START_FAILED",
      message: expect.stringContaining("ENOENT"),
    });
  });

  test("is started once, however often it is asked for", async () => {
    const server = await shellServer(`echo started; ${runs}`);
    await Promise.all([server.start(), server.start()]);
    await server.start();
    expect(await readFile(server.logFile, "utf8")).toBe("started\n");
  });

  test("is paused, resumed, killed and started again as another process", async () => {
    const server = await shellServer(runs);
    await server.start();
    const { pid } = server;
    server.pause();
    expect(server.paused).toBe(true);
    server.resume();
    expect(server.paused).toBe(false);
    server.pause();
    await server.kill();
    await server.kill();
    expect([server.running, server.paused, server.pid]).toEqual([false, false, undefined]);
    expect(await server.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(() => server.pause()).toThrow(expect.objectContaining({ code: "CONTROL_PLANE_NOT_RUNNING" }));
    await server.restart();
    expect(server.pid).not.toBe(pid);
  });

  test("is asked to stop, even while it is paused", async () => {
    const server = await shellServer("trap 'exit 7' TERM; touch ready; while :; do sleep 0.02; done");
    await server.start();
    server.pause();
    await server.stop();
    expect(await server.exited).toEqual({ code: 7, signal: null });
  });

  test("is ended by force when it does not stop in time", async () => {
    const server = await shellServer("trap '' TERM; touch ready; while :; do sleep 0.02; done", { stopTimeout: 100 });
    await server.start();
    await server.stop();
    expect(await server.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("reads nothing of the caller's own etcd", async () => {
    process.env.ETCD_NAME = "of the caller";
    onTestFinished(() => {
      delete process.env.ETCD_NAME;
    });
    const server = await shellServer(`echo "name=$ETCD_NAME"; ${runs}`);
    await server.start();
    expect(await readFile(server.logFile, "utf8")).toBe("name=\n");
  });
});
