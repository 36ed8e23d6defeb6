import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { identifyProcess } from "../src/process-identity.ts";
import { Watchdog } from "../src/watchdog.ts";
import { runScript } from "./child-script.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

describe("the watchdog", () => {
  test("ends what is guarded, though it is stopped, and removes the folder, when its starter is killed", async () => {
    const directory = join(await temporaryDirectory(), "with a blank");
    await mkdir(directory);
    await writeFile(join(directory, "file"), "");
    const script = runScript("hold-watchdog.ts", [directory]);
    const { guarded, forgotten } = JSON.parse(await script.lineWith("guarded"));
    expect(await identifyProcess(guarded)).toBeDefined();
    script.child.kill("SIGKILL");
    await expect.poll(() => identifyProcess(guarded), { timeout: 5_000 }).toBeUndefined();
    await expect.poll(() => existsSync(directory), { timeout: 5_000 }).toBe(false);
    // It was reported as ended, so its number might be another's by now.
    expect(await identifyProcess(forgotten)).toBeDefined();
    process.kill(forgotten, "SIGKILL");
  });

  test("touches nothing when it is dismissed", async () => {
    const directory = await temporaryDirectory();
    const watchdog = await Watchdog.start();
    watchdog.removeDirectory(directory);
    await watchdog.dismiss();
    await watchdog.dismiss();
    expect(existsSync(directory)).toBe(true);
  });
});
