import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openDataDirectory, removeLeftovers } from "../src/data-directory.ts";
import { tryLock } from "../src/owner-lock.ts";
import { identifyProcess } from "../src/process-identity.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

describe("the data folder", () => {
  test("of another control plane that runs is refused", async () => {
    const path = await temporaryDirectory();
    const first = await openDataDirectory(path);
    await expect(openDataDirectory(path)).rejects.toMatchObject({ code: "CONTROL_PLANE_DIRECTORY_IN_USE" });
    await first.close();
    await (await openDataDirectory(path)).close();
  });

  test("of a dead owner is removed with what still runs there, and no other is", async () => {
    const parent = await temporaryDirectory();
    const folder = (name: string): string => join(parent, `tenure-control-plane-${name}`);
    const left = spawn("sleep", ["1000"], { stdio: "ignore" });
    const ended = once(left, "exit");
    const identity = await identifyProcess(left.pid!);

    await mkdir(join(folder("dead"), "owner"), { recursive: true });
    await writeFile(join(folder("dead"), "owner", "1"), JSON.stringify({ pid: 2 ** 22, started: "long ago" }));
    const reused = { pid: process.pid, started: "long ago" };
    await writeFile(join(folder("dead"), "processes.json"), JSON.stringify([identity, reused]));
    await tryLock(join(folder("alive"), "owner"));
    await mkdir(folder("being-made"));
    await mkdir(join(parent, "of-another-program"));

    await removeLeftovers(parent);
    expect((await readdir(parent)).sort()).toEqual([
      "of-another-program",
      "tenure-control-plane-alive",
      "tenure-control-plane-being-made",
    ]);
    expect(await ended).toEqual([null, "SIGKILL"]);
  });
});
