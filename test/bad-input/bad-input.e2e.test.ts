import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startControlPlane } from "@tenure/control-plane";
import { createClient, type KubernetesClient } from "@tenure/kubernetes";
import { FaultProxy } from "@tenure/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ControllerProcess } from "../incident/controller-process.ts";
import { eventually } from "../incident/eventually.ts";

const example = fileURLToPath(new URL("../../examples/distribution/", import.meta.url));
let controlPlane: Awaited<ReturnType<typeof startControlPlane>>;
let client: KubernetesClient;
let directory: string;
let config: string;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  client = await createClient({ kubeconfig: controlPlane.kubeconfig });
  directory = await mkdtemp(join(tmpdir(), "tenure-bad-input-"));
  config = join(directory, "tenure.yaml");
  const text = await readFile(join(example, "tenure.yaml"), "utf8");
  await writeFile(
    config,
    text
      .replace("leaseDuration: 15s", "leaseDuration: 9s\n  renewDeadline: 5s")
      .replace("retryPeriod: 2s", "retryPeriod: 1s"),
  );
});

afterAll(async () => {
  await client.close();
  await controlPlane.stop();
  await rm(directory, { recursive: true, force: true });
});

async function manifestsOf(name: string): Promise<string> {
  const manifests = join(directory, name);
  await mkdir(manifests);
  await cp(join(example, "manifests"), manifests, { recursive: true });
  return manifests;
}

/** Runs the example until it ends by itself. */
async function endOf(args: readonly string[]): Promise<{ readonly code: number | null; readonly errors: string }> {
  const child: ChildProcess = spawn(process.execPath, [
    "--conditions=@tenure/source",
    join(example, "src/main.ts"),
    ...args,
  ]);
  let errors = "";
  child.stderr?.on("data", (bytes) => {
    errors += String(bytes);
  });
  const [code] = await once(child, "close");
  return { code, errors };
}

function configMap(name: string): Promise<unknown> {
  return client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name });
}

describe("bad input to a controller", () => {
  test("a configuration with mistakes ends it before anything starts, with all of them by file and line", async () => {
    const wrong = join(directory, "wrong.yaml");
    await writeFile(
      wrong,
      "lease:\n  leaseDuration: soon\ncoredns:\n  replicas: 0\ncluster-info:\n  clusterName: c\nnonsense: {}\n",
    );
    const { code, errors } = await endOf([
      "--config",
      wrong,
      "--kubeconfig",
      controlPlane.kubeconfig,
      "--manifests",
      directory,
    ]);
    expect(code).toBe(1);
    expect(errors).toContain("wrong.yaml:2: lease.leaseDuration");
    expect(errors).toContain("wrong.yaml:4: coredns.replicas");
    expect(errors).toContain('wrong.yaml:7: no plugin is called "nonsense"');
    expect(errors).not.toContain("    at ");
  });

  test("a missing directory option is asked for", async () => {
    const { code, errors } = await endOf(["--config", config, "--kubeconfig", controlPlane.kubeconfig]);
    expect(code).toBe(1);
    expect(errors).toContain("manifests.directory: give the directory whose subdirectories are the stacks");
  });

  test("a wrong kubeconfig is named in the log and in the snapshot, and taken when it is corrected", async () => {
    const kubeconfig = join(directory, "late-kubeconfig");
    const controller = await ControllerProcess.start({
      name: "late",
      kubeconfig,
      manifests: await manifestsOf("late"),
      config,
      logFile: join(directory, "late.log"),
    });
    const connection = async () =>
      (await controller.status()).controller.components.find(({ name }) => name === "kubernetes");
    const failing = await eventually("the connection fails", async () => {
      const found = await connection();
      return found?.phase === "backoff" ? found : undefined;
    });
    expect(failing.reason.text).toContain("KUBE_CONFIG_INVALID");
    expect(failing.reason.text).toContain("late-kubeconfig cannot be read");
    await cp(controlPlane.kubeconfig, kubeconfig);
    await eventually("the controller leads", async () => (await controller.status()).controller.leases[0]?.term, {
      within: 60_000,
    });
    expect(await controller.stop()).toBe(0);
  });

  test("an API server that cannot be reached is named once, and the controller leads when it can", async () => {
    const proxy = await FaultProxy.start({ target: { port: Number(new URL(controlPlane.url).port) } });
    proxy.cut();
    const logFile = join(directory, "unreachable.log");
    const controller = await ControllerProcess.start({
      name: "unreachable",
      kubeconfig: await controlPlane.kubeconfigVia(proxy.url),
      manifests: await manifestsOf("unreachable"),
      config,
      logFile,
    });
    const detail = await eventually("the lease says why", async () => {
      const text = (await controller.status()).controller.leases[0]?.elector?.detail;
      return text?.includes("KUBE_UNREACHABLE") ? text : undefined;
    });
    expect(detail).toContain(`${proxy.url} cannot be reached`);
    proxy.heal();
    await eventually("the controller leads", async () => (await controller.status()).controller.leases[0]?.term, {
      within: 60_000,
    });
    expect(await controller.stop()).toBe(0);
    const told = (await readFile(logFile, "utf8"))
      .split("\n")
      .filter((line) => line.includes('"level":"warn"') && line.includes("KUBE_UNREACHABLE"));
    expect(told.length).toBeLessThanOrEqual(2);
    await proxy.stop();
  });

  test("a manifest that does not parse is named by line; other stacks go on, and nothing of its own is pruned", async () => {
    const manifests = await manifestsOf("broken");
    await mkdir(join(manifests, "mine"));
    const file = (name: string) => join(manifests, "mine", name);
    const good = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\n`;
    await writeFile(file("kept.yaml"), good("kept"));
    const controller = await ControllerProcess.start({
      name: "broken",
      kubeconfig: controlPlane.kubeconfig,
      manifests,
      config,
      logFile: join(directory, "broken.log"),
    });
    await eventually("the first object", () => configMap("kept"), { within: 60_000 });
    await writeFile(file("kept.yaml"), `${good("kept")}data: [unclosed\n`);
    await mkdir(join(manifests, "other"));
    await writeFile(join(manifests, "other", "other.yaml"), good("other"));
    await eventually("another stack", () => configMap("other"), { within: 30_000 });
    const { manifestErrors } = await eventually("the error", async () => {
      const status = await controller.status();
      return status.manifestErrors.length > 0 ? status : undefined;
    });
    expect(manifestErrors.join()).toMatch(/^mine\/kept\.yaml:\d+: /);
    expect(await configMap("kept")).toBeDefined();
    expect(await controller.stop()).toBe(0);
  });

  test("the controllers of a program that is killed end by themselves, with the lease released", async () => {
    const manifests = await manifestsOf("orphan");
    const script = join(directory, "parent.ts");
    const module = fileURLToPath(new URL("../incident/controller-process.ts", import.meta.url));
    const options = {
      name: "orphan",
      kubeconfig: controlPlane.kubeconfig,
      manifests,
      config,
      logFile: join(directory, "orphan.log"),
    };
    await writeFile(
      script,
      `import { ControllerProcess } from ${JSON.stringify(module)};\nawait ControllerProcess.start(${JSON.stringify(options)});\nsetInterval(() => {}, 1_000);\n`,
    );
    const parent = spawn(process.execPath, ["--conditions=@tenure/source", script], { stdio: "ignore" });
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      namespace: "kube-system",
      name: "example-distribution",
    };
    const holder = async () =>
      ((await client.get(lease))?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
    await eventually("it leads", async () => (await holder())?.startsWith("orphan_") || undefined, { within: 60_000 });
    parent.kill("SIGKILL");
    await eventually("the lease is released", async () => (await holder()) === "" || undefined, { within: 10_000 });
  });
});
