import { VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { clientOf, startLab } from "./http-lab.ts";

const lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/leader";
const update = { verb: "update", resource: "leases", name: "leader" } as const;
const json = { "content-type": "application/json" };

/** Whatever passes the loopback at all does so in far fewer turns of the event loop. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(["HTTP/1.1", "HTTP/2"] as const)("a fault of a call over %s", (protocol) => {
  test.each([
    [401, { message: "Unauthorized", reason: "Unauthorized" }],
    [403, { reason: "Forbidden", details: { name: "leader", group: "coordination.k8s.io", kind: "leases" } }],
    [409, { reason: "Conflict", details: { name: "leader", group: "coordination.k8s.io", kind: "leases" } }],
    [410, { reason: "Expired" }],
    [429, { reason: "TooManyRequests", details: { retryAfterSeconds: 7 } }],
    [500, { reason: "InternalError" }],
    [503, { reason: "ServiceUnavailable", details: { retryAfterSeconds: 7 } }],
  ])("%i is answered once as the API server writes it, and the server is not asked", async (status, body) => {
    const { server, proxy } = await startLab();
    const client = clientOf(protocol, proxy);
    const retryAfter = status === 429 || status === 503 ? 7 : undefined;
    const fault = proxy.answer(status, update, { times: 1, ...(retryAfter !== undefined && { retryAfter }) });
    const answer = await client.call("PUT", lease, { body: "{}", headers: json });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({ "content-type": "application/json" });
    expect(answer.headers["retry-after"]).toBe(retryAfter?.toString());
    expect(JSON.parse(answer.text)).toMatchObject({ kind: "Status", status: "Failure", code: status, ...body });
    expect([server.served.length, fault.hits]).toEqual([0, 1]);
    expect((await client.call("PUT", lease, { body: "{}", headers: json })).status).toBe(200);
    expect(proxy.calls(update)).toMatchObject([
      { status, forwarded: false, faults: ["answer"] },
      { status: 200, forwarded: true, faults: [] },
    ]);
  });

  test("meets only what it matches", async () => {
    const { proxy } = await startLab();
    const client = clientOf(protocol, proxy);
    proxy.answer(500, update);
    expect((await client.call("GET", lease)).status).toBe(200);
    expect((await client.call("PUT", `${lease}-2`, { body: "{}" })).status).toBe(200);
    expect((await client.call("PUT", lease, { body: "{}" })).status).toBe(500);
  });

  test("is the first of several that answer, and the next when that has had its times", async () => {
    const { proxy } = await startLab();
    const client = clientOf(protocol, proxy);
    const first = proxy.answer(503, update, { times: 1 });
    const second = proxy.answer(409, {}, { message: "as the test says" });
    expect((await client.call("PUT", lease, { body: "{}" })).status).toBe(503);
    expect([first.hits, second.hits]).toEqual([1, 0]);
    const answer = await client.call("PUT", lease, { body: "{}" });
    expect([answer.status, JSON.parse(answer.text).message]).toEqual([409, "as the test says"]);
  });

  test("a request that is delayed reaches the server when the fault is removed", async () => {
    const { server, proxy } = await startLab();
    const fault = proxy.delayRequest(update);
    const answer = clientOf(protocol, proxy).call("PUT", lease, { body: "{}" });
    await fault.hit();
    await turns();
    expect(server.served.length).toBe(0);
    fault.remove();
    expect((await answer).status).toBe(200);
  });

  test("a reply that is delayed comes after its time, to what the server has done already", async () => {
    const clock = new VirtualClock();
    const { server, proxy } = await startLab({ clock });
    const fault = proxy.delayReply(update, { delay: 5_000, times: 1 });
    let answered = false;
    const answer = clientOf(protocol, proxy)
      .call("PUT", lease, { body: "{}" })
      .then(({ status }) => {
        answered = true;
        return status;
      });
    await fault.hit();
    expect(server.served.length).toBe(1);
    await clock.advance(4_999);
    await turns();
    expect(answered).toBe(false);
    await clock.advance(1);
    expect(await answer).toBe(200);
    const call = await proxy.waitForCall(update, { after: 0 });
    expect((call.ended ?? 0) - (call.answered ?? 0)).toBe(5_000);
    expect(call).toMatchObject({ delivered: true, faults: ["delay-reply"] });
  });

  test("a reply that is dropped breaks the call, after the server has done what was asked", async () => {
    const { server, proxy } = await startLab();
    const client = clientOf(protocol, proxy);
    const fault = proxy.dropReply(update, { times: 1 });
    await expect(client.call("PUT", lease, { body: "{}" })).rejects.toThrow();
    expect([server.served.length, fault.hits]).toEqual([1, 1]);
    expect(await proxy.waitForCall(update, { after: 0 })).toMatchObject({
      status: 200,
      forwarded: true,
      delivered: false,
      faults: ["drop-reply"],
    });
    expect((await client.call("PUT", lease, { body: "{}" })).status).toBe(200);
  });

  test("a reply that is dropped in silence leaves the connection open", async () => {
    const { server, proxy } = await startLab();
    const client = clientOf(protocol, proxy);
    const fault = proxy.dropReply(update, { how: "hang" });
    let over = false;
    const call = client.call("PUT", lease, { body: "{}" }).then(
      () => "answered",
      () => {
        over = true;
        return "broken";
      },
    );
    await fault.hit();
    fault.remove();
    await turns();
    expect([server.served.length, over, proxy.connections.open]).toEqual([1, false, 1]);
    await proxy.stop();
    expect(await call).toBe("broken");
  });
});
