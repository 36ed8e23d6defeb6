import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createConnection, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type ControlPlane, startControlPlane } from "../src/index.ts";
import { kubeconfigClient } from "./kubeconfig-client.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

function configMap(name: string): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { written: "yes" } };
}

describe("a control plane", () => {
  let controlPlane: ControlPlane;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ auditLog: true });
  }, 60_000);

  afterAll(() => controlPlane.stop());

  test("is ready to be worked with, through its kubeconfig", async () => {
    const admin = await kubeconfigClient(controlPlane.kubeconfig);
    const version = await admin.send({ path: "/version" });
    expect(version.body).toMatchObject({ gitVersion: "v1.37.2", major: "1", minor: "37" });
    const created = await admin.send({ method: "POST", path: configMaps, body: configMap("from-the-kubeconfig") });
    expect(created.status).toBe(201);
  });

  test("listens on loopback alone, and etcd on no port at all", async () => {
    const listening = async (file: string): Promise<string[]> =>
      (await readFile(file, "utf8"))
        .split("\n")
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter(
          (fields) => fields[3] === "0A" && Number.parseInt(fields[1]?.split(":")[1] ?? "", 16) === controlPlane.port,
        )
        .map((fields) => fields[1]!.split(":")[0]!);
    expect(await listening("/proc/net/tcp")).toEqual(["0100007F"]);
    expect(await listening("/proc/net/tcp6")).toEqual([]);
    expect(existsSync(`${controlPlane.directory}/etcd.sock`)).toBe(true);
  });

  test("keeps data and port when its API server, or etcd, is killed and started again", async () => {
    await controlPlane.request({ method: "POST", path: configMaps, body: configMap("kept") });
    const { apiServer, etcd } = controlPlane.servers;
    const { pid } = apiServer;
    await apiServer.kill();
    await expect(controlPlane.request({ path: configMaps })).rejects.toMatchObject({
      code: "CONTROL_PLANE_REQUEST_FAILED",
    });
    await apiServer.restart();
    expect(apiServer.pid).not.toBe(pid);
    await controlPlane.request({ path: `${configMaps}/kept` });
    await etcd.kill();
    await etcd.restart();
    await expect.poll(() => controlPlane.request({ path: `${configMaps}/kept` }), { timeout: 10_000 }).toBeDefined();
  }, 60_000);

  test("answers nothing while its API server is paused, and everything after", async () => {
    const { apiServer } = controlPlane.servers;
    apiServer.pause();
    await expect(controlPlane.request({ path: "/version", timeout: 300 })).rejects.toMatchObject({
      code: "CONTROL_PLANE_REQUEST_FAILED",
    });
    apiServer.resume();
    await controlPlane.request({ path: "/version" });
  });

  test("makes users of whom the API server knows name and groups", async () => {
    const user = await kubeconfigClient(await controlPlane.createUser({ name: "ada", groups: ["makers", "readers"] }));
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const { body } = await user.send({
      method: "POST",
      path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      body: review,
    });
    expect(body).toMatchObject({
      status: { userInfo: { username: "ada", groups: ["makers", "readers", "system:authenticated"] } },
    });
    expect((await user.send({ path: configMaps })).status).toBe(403);
  });

  test("makes service accounts that may do what they are given, and nothing else", async () => {
    const account = { namespace: "team", name: "writer" };
    const kubeconfig = await controlPlane.createServiceAccount({
      ...account,
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["create", "get"] }],
      clusterRules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["list"] }],
    });
    const writer = await kubeconfigClient(kubeconfig);
    const status = async (method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<number> =>
      (await writer.send({ method, path, body })).status;
    const own = "/api/v1/namespaces/team/configmaps";
    // RBAC is read from a cache that is a moment behind.
    await expect.poll(() => status("GET", "/api/v1/nodes")).toBe(200);
    await expect.poll(() => status("POST", own, configMap("a"))).toBe(201);
    expect(await status("GET", `${own}/a`)).toBe(200);
    expect(await status("DELETE", `${own}/a`)).toBe(403);
    expect(await status("GET", own)).toBe(403);
    expect(await status("POST", configMaps, configMap("b"))).toBe(403);
    expect(await status("GET", "/api/v1/namespaces/team/secrets")).toBe(403);

    await controlPlane.createServiceAccount(account);
    await expect.poll(() => status("GET", `${own}/a`)).toBe(403);
    expect(parse(await readFile(kubeconfig, "utf8")).contexts[0].context.namespace).toBe("team");
  });

  test("gives kubeconfigs that lead through a proxy", async () => {
    const sockets: Socket[] = [];
    const proxy = createServer((near) => {
      const far = createConnection({ port: controlPlane.port, host: "127.0.0.1" });
      sockets.push(near, far);
      near.on("error", () => {});
      far.on("error", () => {});
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    const via = await kubeconfigClient(await controlPlane.kubeconfigVia(`https://127.0.0.1:${port}`));
    expect((await via.send({ path: configMaps })).status).toBe(200);
    const user = await controlPlane.createUser({ name: "grace" });
    const userVia = await kubeconfigClient(await controlPlane.kubeconfigVia(`https://localhost:${port}`, user));
    expect((await userVia.send({ path: configMaps })).status).toBe(403);
    expect(sockets.length).toBeGreaterThanOrEqual(4);
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  test("writes who did what to the audit log", async () => {
    await controlPlane.request({ method: "POST", path: configMaps, body: configMap("audited") });
    const log = await readFile(controlPlane.auditLog!, "utf8");
    const events = log
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events).toContainEqual(
      expect.objectContaining({
        level: "Metadata",
        verb: "create",
        user: expect.objectContaining({ username: "admin" }),
        objectRef: expect.objectContaining({ resource: "configmaps", name: "audited" }),
        responseStatus: expect.objectContaining({ code: 201 }),
      }),
    );
  });
});

describe("starting a control plane", () => {
  test("several at once, each with its own data; stopping leaves nothing", async () => {
    const two = await Promise.all([startControlPlane(), startControlPlane()]);
    const [first, second] = two;
    await first.request({ method: "POST", path: configMaps, body: configMap("of-the-first") });
    await expect(second.request({ path: `${configMaps}/of-the-first` })).rejects.toThrow("404");
    expect(first.port).not.toBe(second.port);
    await Promise.all(two.map((one) => one.stop()));
    await first.stop();
    for (const { directory, servers } of two) {
      expect(existsSync(directory)).toBe(false);
      expect([servers.etcd.running, servers.apiServer.running]).toEqual([false, false]);
    }
  }, 60_000);

  test("again in a folder that was named finds data, credentials and port again", async () => {
    const dataDirectory = await temporaryDirectory();
    const first = await startControlPlane({ dataDirectory });
    await first.request({ method: "POST", path: configMaps, body: configMap("kept") });
    const kubeconfig = await readFile(first.kubeconfig, "utf8");
    await expect(startControlPlane({ dataDirectory })).rejects.toMatchObject({
      code: "CONTROL_PLANE_DIRECTORY_IN_USE",
    });
    await first.stop();
    await using second = await startControlPlane({ dataDirectory });
    await second.request({ path: `${configMaps}/kept` });
    expect(await readFile(second.kubeconfig, "utf8")).toBe(kubeconfig);
  }, 60_000);

  test("with a flag that a server does not know is an error that shows the end of its log", async () => {
    await expect(startControlPlane({ apiServerArgs: ["--no-such-flag"] })).rejects.toMatchObject({
      code: "CONTROL_PLANE_START_FAILED",
      message: expect.stringMatching(/^kube-apiserver ended with code 1 [\s\S]*unknown flag: --no-such-flag/),
    });
    await expect(startControlPlane({ etcdArgs: ["--no-such-flag"] })).rejects.toMatchObject({
      code: "CONTROL_PLANE_START_FAILED",
      message: expect.stringMatching(/^etcd ended [\s\S]*no-such-flag/),
    });
  }, 60_000);

  test("on a port that is in use is an error that says so", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    await expect(startControlPlane({ port })).rejects.toMatchObject({ code: "CONTROL_PLANE_PORT_TAKEN" });
    other.close();
  }, 60_000);

  test.each([
    [{ nodes: -1 }, "nodes is -1"],
    [{ nodes: 1, controllers: false }, "nodes are wanted"],
    [{ port: 0 }, "port is 0"],
    [{ readyTimeout: 0 }, "readyTimeout is 0"],
  ])("with %j is refused", async (options, message) => {
    await expect(startControlPlane(options)).rejects.toMatchObject({
      code: "CONTROL_PLANE_INVALID_OPTION",
      message: expect.stringContaining(message),
    });
  });
});
