import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { findBinaries } from "../src/binaries.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const onlyApiServer = { controllers: false, scheduler: false, simulatedNodes: false };
const quiet = (): void => {};

async function folderWith(...names: string[]): Promise<string> {
  const directory = await temporaryDirectory();
  for (const name of names) {
    await writeFile(join(directory, name), "#!/bin/sh\n");
    await chmod(join(directory, name), 0o755);
  }
  return directory;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("binaries", () => {
  test("of KUBEBUILDER_ASSETS are used as they are", async () => {
    const assets = await folderWith("etcd", "kube-apiserver");
    expect(await findBinaries(onlyApiServer, quiet, { KUBEBUILDER_ASSETS: assets })).toEqual({
      etcd: { file: join(assets, "etcd"), args: [] },
      apiServer: { file: join(assets, "kube-apiserver"), args: [] },
    });
  });

  test("that KUBEBUILDER_ASSETS lacks are named", async () => {
    const env = { KUBEBUILDER_ASSETS: await folderWith("etcd", "kube-apiserver") };
    await expect(findBinaries({ ...onlyApiServer, controllers: true }, quiet, env)).rejects.toMatchObject({
      code: "CONTROL_PLANE_BINARY_MISSING",
      message: expect.stringContaining("no executable `kube-controller-manager`"),
    });
  });

  test("of TENURE_CONTROL_PLANE, a file or its folder, win over those of KUBEBUILDER_ASSETS", async () => {
    const folder = await folderWith("control-plane", "simulated-nodes");
    const wanted = { controllers: true, scheduler: true, simulatedNodes: true };
    const file = join(folder, "control-plane");
    for (const TENURE_CONTROL_PLANE of [folder, file]) {
      expect(await findBinaries(wanted, quiet, { TENURE_CONTROL_PLANE, KUBEBUILDER_ASSETS: "/nowhere" })).toEqual({
        etcd: { file, args: ["etcd"] },
        apiServer: { file, args: ["kube-apiserver"] },
        controllerManager: { file, args: ["kube-controller-manager"] },
        scheduler: { file, args: ["kube-scheduler"] },
        simulatedNodes: { file: join(folder, "simulated-nodes"), args: [] },
      });
    }
  });

  test("that TENURE_CONTROL_PLANE does not lead to are an error", async () => {
    const empty = await folderWith();
    for (const TENURE_CONTROL_PLANE of [empty, join(empty, "missing")]) {
      await expect(findBinaries(onlyApiServer, quiet, { TENURE_CONTROL_PLANE })).rejects.toMatchObject({
        code: "CONTROL_PLANE_BINARY_MISSING",
        message: expect.stringContaining(TENURE_CONTROL_PLANE),
      });
    }
  });

  test("that are nowhere, on a machine without Go, are an error that says what to install or set", async () => {
    vi.stubEnv("PATH", await folderWith());
    await expect(findBinaries(onlyApiServer, quiet, {})).rejects.toMatchObject({
      code: "CONTROL_PLANE_NO_GO",
      remedy: expect.stringMatching(/Install Go 1\.26.*TENURE_CONTROL_PLANE.*KUBEBUILDER_ASSETS/s),
    });
  });
});
