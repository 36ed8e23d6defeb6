import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startControlPlane } from "@tenure/control-plane";
import { createClient, type KubernetesClient } from "@tenure/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../incident/eventually.ts";
import { namedCodeBlocks } from "./code-block.ts";

let controlPlane: Awaited<ReturnType<typeof startControlPlane>>;
let client: KubernetesClient;
let directory: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  controlPlane = await startControlPlane();
  client = await createClient({ kubeconfig: controlPlane.kubeconfig });
  // Inside the workspace, so that the packages are found as a user's are.
  directory = await mkdtemp(join(import.meta.dirname, "example-"));
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
  await client.close();
  await controlPlane.stop();
});

function run(file: string): ChildProcess {
  const child = spawn(process.execPath, ["--conditions=@tenure/source", file], {
    env: { ...process.env, KUBECONFIG: controlPlane.kubeconfig },
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr?.resume();
  children.push(child);
  return child;
}

async function heartbeat(): Promise<{ beat: number; leader: string; token: number } | undefined> {
  const found = await client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "heartbeat" });
  const data = found?.data as { beat: string; leader: string; token: string } | undefined;
  return data && { beat: Number(data.beat), leader: data.leader, token: Number(data.token) };
}

describe("the README", () => {
  test("its plugin beats in one of two processes, and in the other when that ends", async () => {
    const code = (await namedCodeBlocks("README.md")).get("heartbeat.ts");
    expect(code?.trim().split("\n").length).toBeLessThanOrEqual(37);
    const file = join(directory, "heartbeat.ts");
    await writeFile(file, code ?? "");
    const first = run(file);
    const before = await eventually("a first beat", heartbeat, { within: 30_000 });
    const second = run(file);
    await eventually("more beats", async () => ((await heartbeat())?.beat ?? 0) > before.beat + 1 || undefined, {
      within: 30_000,
    });
    const ended = once(first, "exit");
    first.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
    const after = await eventually(
      "beats of the other process",
      async () => {
        const now = await heartbeat();
        return now !== undefined && now.leader !== before.leader ? now : undefined;
      },
      { within: 30_000 },
    );
    expect(after.token).toBeGreaterThan(before.token);
    second.kill("SIGTERM");
    expect((await once(second, "exit"))[0]).toBe(0);
  });
});

describe("the guide to a first plugin", () => {
  test("its example does what its assertions say", async () => {
    const code = (await namedCodeBlocks("docs/guides/first-plugin.md")).get("counter.ts");
    const file = join(directory, "counter.ts");
    await writeFile(file, code ?? "");
    const child = spawn(process.execPath, ["--conditions=@tenure/source", file]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        output += String(bytes);
      });
    }
    const [exitCode] = await once(child, "close");
    expect([exitCode, output]).toEqual([0, "ok\n"]);
  });
});
