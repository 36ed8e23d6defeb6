import { FaultProxyError, HttpFaultProxy } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { clientOf, startLab } from "./http-lab.ts";

const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

describe("the calls that the HTTP fault proxy has seen", () => {
  test("are kept as far as there is room, and counted beyond", async () => {
    const { proxy } = await startLab({ capacity: 3 });
    const client = clientOf("HTTP/1.1", proxy);
    for (const name of ["a", "b", "a", "c", "a"]) await client.call("GET", `${leases}/${name}?x=${name}`);
    expect(proxy.calls().map(({ number, name }) => `${number}${name}`)).toEqual(["3a", "4c", "5a"]);
    expect([proxy.count(), proxy.count({ name: "a" }), proxy.count({ name: ["b", "c"] })]).toEqual([5, 3, 2]);
    expect([
      proxy.count({ verb: "list" }),
      proxy.count({ path: /\/leases\//g }),
      proxy.count(({ name }) => name === "b"),
    ]).toEqual([0, 5, 1]);
  });

  test("are awaited from now on, or from a number on", async () => {
    const { server, proxy } = await startLab();
    const client = clientOf("HTTP/1.1", proxy);
    await client.call("GET", `${leases}/a`);
    const next = proxy.waitForCall({ resource: "leases" });
    const other = proxy.waitForCall({ name: "b" });
    await client.call("GET", `${leases}/a`);
    expect((await next).number).toBe(2);
    expect((await proxy.waitForCall({ name: "a" }, { after: 0 })).number).toBe(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    server.onRequest = () => promise;
    let told = false;
    void other.then(() => {
      told = true;
    });
    const call = client.call("GET", `${leases}/b`);
    await server.request(3);
    expect(told).toBe(false);
    resolve();
    await call;
    expect(await other).toMatchObject({ number: 3, status: 200, delivered: true });
  });

  test.each([
    ["GET", "/api/v1/namespaces/default/configmaps/a%3Ab", { verb: "get", namespace: "default", name: "a:b" }],
    ["GET", "/api/v1/namespaces/default/configmaps", { verb: "list", resource: "configmaps", name: undefined }],
    [
      "GET",
      "/api/v1/configmaps?watch=1&fieldSelector=metadata.name%3Da",
      { verb: "watch", name: "a", namespace: undefined },
    ],
    [
      "GET",
      "/api/v1/namespaces/default",
      { verb: "get", resource: "namespaces", name: "default", namespace: undefined },
    ],
    [
      "PUT",
      "/api/v1/namespaces/a/finalize",
      { verb: "update", resource: "namespaces", name: "a", subresource: "finalize" },
    ],
    [
      "PATCH",
      "/apis/apps/v1/namespaces/a/deployments/b/scale",
      { verb: "patch", group: "apps", subresource: "scale", name: "b" },
    ],
    ["DELETE", "/apis/apps/v1/namespaces/a/deployments", { verb: "deletecollection", resource: "deployments" }],
    ["DELETE", "/apis/apps/v1/namespaces/a/deployments/b", { verb: "delete", name: "b" }],
    ["GET", "/readyz?verbose", { verb: "get", resource: undefined, group: undefined, path: "/readyz" }],
    ["GET", "/apis/apps/v1", { verb: "get", resource: undefined }],
  ])("%s %s is read as the API server reads it", async (method, path, target) => {
    const { proxy } = await startLab();
    if (path.includes("watch")) await clientOf("HTTP/2", proxy).watch(path);
    else await clientOf("HTTP/2", proxy).call(method, path);
    expect(proxy.calls()[0]).toMatchObject({ method, ...target });
  });
});

describe("a fault that was asked for", () => {
  test("says that it will not come when it is removed before", async () => {
    const { proxy } = await startLab();
    const fault = proxy.answer(500, {});
    const waiting = fault.hit(2);
    expect((await clientOf("HTTP/1.1", proxy).call("GET", "/version")).status).toBe(500);
    await fault.hit();
    fault.remove();
    fault.remove();
    await expect(waiting).rejects.toThrow("the fault answer was removed after 1 of 2 calls");
    await expect(fault.hit(2)).rejects.toBeInstanceOf(FaultProxyError);
    await fault.hit();
    expect((await clientOf("HTTP/1.1", proxy).call("GET", "/version")).status).toBe(200);
  });

  test("that cannot be is refused", async () => {
    const { proxy, server } = await startLab();
    const code = "TENURE_FAULT_PROXY_OPTION";
    for (const wrong of [
      () => proxy.answer(200, {}),
      () => proxy.answer(500, {}, { times: 0 }),
      () => proxy.delayReply({}, { delay: -1 }),
      () => proxy.delayRequest({}, { delay: Number.NaN }),
    ]) {
      expect(wrong).toThrow(expect.objectContaining({ code }));
    }
    const target = { ...server.target, url: "http://127.0.0.1:1" };
    await expect(HttpFaultProxy.start({ target })).rejects.toMatchObject({ code });
    await expect(HttpFaultProxy.start({ target: server.target, capacity: 0 })).rejects.toMatchObject({ code });
  });
});
