import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findBinaries } from "../src/binaries.ts";
import { removeLeftovers } from "../src/data-directory.ts";
import { identifyProcess } from "../src/process-identity.ts";
import { runScript } from "./child-script.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Kills a process that holds a control plane, and awaits that nothing is left of it. */
async function expectNothingLeft(args: string[], env: NodeJS.ProcessEnv, signal: NodeJS.Signals): Promise<void> {
  const script = runScript("hold-control-plane.ts", args, env);
  const { directory, pids } = JSON.parse(await script.lineWith("directory"));
  for (const pid of pids) expect(await identifyProcess(pid)).toBeDefined();
  script.child.kill(signal);
  for (const pid of pids) await expect.poll(() => identifyProcess(pid), { timeout: 10_000 }).toBeUndefined();
  await expect.poll(() => existsSync(directory), { timeout: 10_000 }).toBe(false);
}

/** envtest's binaries, which know nothing of our pipe: the same servers, without the variable that makes them mind it. */
async function envtestBinaries(): Promise<string> {
  const directory = await temporaryDirectory();
  const wanted = { controllers: false, scheduler: false, simulatedNodes: false };
  const { etcd, apiServer } = await findBinaries(wanted, () => {});
  for (const [name, { file, args }] of [["etcd", etcd] as const, ["kube-apiserver", apiServer] as const]) {
    const script = `#!/bin/sh\nunset TENURE_EXIT_WITH_STDIN\nexec ${[file, ...args].join(" ")} "$@"\n`;
    await writeFile(join(directory, name), script);
    await chmod(join(directory, name), 0o755);
  }
  return directory;
}

describe("when the process that started a control plane is gone, so are its servers and its folder", () => {
  test.each(["SIGKILL", "SIGTERM"] as const)(
    "ended by %s",
    async (signal) => {
      await expectNothingLeft([], {}, signal);
    },
    60_000,
  );

  test("though a server is paused", async () => {
    await expectNothingLeft(["paused"], {}, "SIGKILL");
  }, 60_000);

  // The watchdog is found as the system lists children, which only Linux does in a file.
  test.runIf(process.platform === "linux")(
    "though the watchdog is gone too; the folder, at the next start",
    async () => {
      const script = runScript("hold-control-plane.ts", []);
      const { directory, pids } = JSON.parse(await script.lineWith("directory"));
      const { pid } = script.child;
      const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").map(Number);
      const [watchdog = 0, ...others] = children.filter((child) => !pids.includes(child));
      expect(others).toEqual([]);
      process.kill(watchdog, "SIGKILL");
      await expect.poll(() => identifyProcess(watchdog)).toBeUndefined();
      script.child.kill("SIGKILL");
      for (const pid of pids) await expect.poll(() => identifyProcess(pid), { timeout: 10_000 }).toBeUndefined();
      expect(existsSync(directory)).toBe(true);
      await removeLeftovers();
      expect(existsSync(directory)).toBe(false);
    },
    60_000,
  );

  test("though the servers are not of our making", async () => {
    const env = { KUBEBUILDER_ASSETS: await envtestBinaries(), TENURE_CONTROL_PLANE: "" };
    await expectNothingLeft([], env, "SIGKILL");
  }, 60_000);
});
