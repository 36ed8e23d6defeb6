import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheDirectory, cachedBuild, formatDuration } from "../src/build-cache.ts";
import { runScript } from "./child-script.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

async function thing(directory: string): Promise<string> {
  return await readFile(join(directory, "thing-1", "thing"), "utf8");
}

describe("the build cache", () => {
  test("is in the user's cache folder", () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: "/somewhere" })).toBe("/somewhere/tenure/control-plane");
    expect(cacheDirectory({ XDG_CACHE_HOME: "relative" })).toBe(join(homedir(), ".cache/tenure/control-plane"));
    expect(cacheDirectory({})).toBe(join(homedir(), ".cache/tenure/control-plane"));
  });

  test("builds once for processes that ask at once, and those that wait say for whom", async () => {
    const directory = await temporaryDirectory();
    const counter = join(directory, "counter");
    const scripts = Array.from({ length: 4 }, () => runScript("build-once.ts", [directory, counter, "finish"]));
    expect(await Promise.all(scripts.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
    const builder = (await readFile(counter, "utf8")).trim();
    expect(scripts.map(({ child }) => String(child.pid))).toContain(builder);
    expect(await thing(directory)).toBe("whole");
    const waiting = scripts.flatMap(({ lines }) => lines.filter((line) => line.startsWith("waiting")));
    for (const line of waiting) expect(line).toContain(`waiting for process ${builder}, which is building the thing (`);
  });

  test("a build that is killed leaves nothing, and the next one who asks builds", async () => {
    const directory = await temporaryDirectory();
    const counter = join(directory, "counter");
    const hanging = runScript("build-once.ts", [directory, counter, "hang"]);
    await hanging.lineWith("building");
    const next = runScript("build-once.ts", [directory, counter, "finish"]);
    await next.lineWith(`waiting for process ${hanging.child.pid}`);
    hanging.child.kill("SIGKILL");
    expect(await next.exited).toBe(0);
    expect(await thing(directory)).toBe("whole");
    expect(await readFile(counter, "utf8")).toBe(`${hanging.child.pid}\n${next.child.pid}\n`);
    await expect.poll(async () => (await readdir(directory)).sort()).toEqual(["counter", "thing-1", "thing-1.lock"]);
  });

  test("a build that fails leaves nothing, and is tried again by the next one who asks", async () => {
    const directory = await temporaryDirectory();
    const options = { cacheDirectory: directory, key: "k", what: "it", onProgress: () => {} };
    const failing = cachedBuild({ ...options, build: () => Promise.reject(new Error("no compiler")) });
    await expect(failing).rejects.toThrow("no compiler");
    expect(await readdir(directory)).toEqual(["k.lock"]);
    expect(await cachedBuild({ ...options, build: () => Promise.resolve() })).toBe(join(directory, "k"));
    const again = cachedBuild({ ...options, build: () => Promise.reject(new Error("must not be built again")) });
    expect(await again).toBe(join(directory, "k"));
  });

  test("durations read as people say them", () => {
    expect([0, 59_400, 60_000, 125_000].map(formatDuration)).toEqual(["0 s", "59 s", "1 min 0 s", "2 min 5 s"]);
  });
});
