import { describe, expect, test } from "vitest";
import { clientOf, startLab } from "./http-lab.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const path = `${configMaps}?watch=true`;
const added = '{"type":"ADDED","object":{"kind":"ConfigMap"}}\n';
const modified = '{"type":"MODIFIED","object":{"kind":"ConfigMap"}}\n';
const expired = { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", status: "Failure" } };

async function turns(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What came after the events of `before`, as one event. */
function lastEvent(text: string, before: string): unknown {
  expect(text.startsWith(before)).toBe(true);
  return JSON.parse(text.slice(before.length));
}

describe.each(["HTTP/1.1", "HTTP/2"] as const)("a watch over %s", (protocol) => {
  async function watched() {
    const lab = await startLab();
    const client = clientOf(protocol, lab.proxy);
    const watch = await client.watch(path);
    const { response } = await lab.server.request(1);
    const closed = new Promise<void>((resolve) => response.on("close", resolve));
    response.write(added);
    await watch.seen(added);
    return { ...lab, client, watch, response, closed };
  }

  test("that hangs says nothing more, not even that it has ended, and stays open after the fault is removed", async () => {
    const { proxy, watch, response } = await watched();
    const fault = proxy.hangWatch({ resource: "configmaps" });
    await fault.hit();
    fault.remove();
    response.write(modified);
    response.end(modified);
    let over = false;
    void watch.ended.then(() => {
      over = true;
    });
    await turns();
    expect([watch.text, over]).toEqual([added, false]);
    watch.leave();
    await watch.ended;
    expect(await proxy.waitForCall({ verb: "watch" }, { after: 0 })).toMatchObject({ faults: ["hang-watch"] });
  });

  test("that comes while watches hang is accepted, and silent; one that comes later is not", async () => {
    const { server, proxy, client } = await watched();
    const fault = proxy.hangWatch();
    const silent = await client.watch(path);
    expect(fault.hits).toBe(2);
    fault.remove();
    const spared = await client.watch(path);
    (await server.request(2)).response.write(added);
    (await server.request(3)).response.write(added);
    await spared.seen(added);
    await turns();
    expect(silent.text).toBe("");
  });

  test("that is expired ends with an ERROR event, and the server's side is closed", async () => {
    const { proxy, watch, closed } = await watched();
    const fault = proxy.expireWatch({ verb: "watch" });
    expect(await watch.ended).toBe("end");
    expect(lastEvent(watch.text, added)).toMatchObject(expired);
    await closed;
    expect(fault.hits).toBe(1);
  });

  test("that is expired in the middle of an event ends behind it", async () => {
    const { proxy, watch, response } = await watched();
    response.write(modified.slice(0, 9));
    await watch.seen(added + modified.slice(0, 9));
    const fault = proxy.expireWatch();
    await turns();
    expect(fault.hits).toBe(0);
    response.write(modified.slice(9) + added);
    expect(await watch.ended).toBe("end");
    expect(lastEvent(watch.text, added + modified)).toMatchObject(expired);
    expect(fault.hits).toBe(1);
  });

  test("that begins while watches expire is told so at once", async () => {
    const { proxy, client } = await watched();
    proxy.expireWatch();
    const watch = await client.watch(path);
    expect(await watch.ended).toBe("end");
    expect(lastEvent(watch.text, "")).toMatchObject(expired);
  });

  test("that is cut breaks", async () => {
    const { proxy, watch, closed } = await watched();
    const fault = proxy.cutWatch();
    expect(await watch.ended).toBeInstanceOf(Error);
    await closed;
    expect([watch.text, fault.hits]).toEqual([added, 1]);
  });

  test("that is cut in the middle of an event has had half of it", async () => {
    const { proxy, watch, response } = await watched();
    const fault = proxy.cutWatch({}, { midEvent: true });
    await turns();
    expect(fault.hits).toBe(0);
    response.write(modified);
    expect(await watch.ended).toBeInstanceOf(Error);
    expect(watch.text).toBe(added + modified.slice(0, Math.ceil((modified.length - 1) / 2)));
  });

  test("is met by a fault of one time as the oldest of several", async () => {
    const { server, proxy, client, watch } = await watched();
    const younger = await client.watch(path);
    const fault = proxy.expireWatch({}, { times: 1 });
    expect(await watch.ended).toBe("end");
    (await server.request(2)).response.write(added);
    await younger.seen(added);
    expect([younger.text, fault.hits]).toEqual([added, 1]);
  });

  test("that leaves before its fault could meet it leaves the fault to another", async () => {
    const { server, proxy, client, watch } = await watched();
    const fault = proxy.cutWatch({}, { midEvent: true, times: 1 });
    watch.leave();
    await watch.ended;
    const call = proxy.calls()[0];
    while (call?.ended === undefined) await turns();
    const next = await client.watch(path);
    (await server.request(2)).response.write(added);
    expect(await next.ended).toBeInstanceOf(Error);
    expect(fault.hits).toBe(1);
  });

  test("in another encoding than JSON is not expired, but hangs and breaks as others do", async () => {
    const { server, proxy, client } = await watched();
    server.onRequest = ({ response }) => {
      response.setHeader("content-type", "application/vnd.kubernetes.protobuf;stream=watch");
      response.flushHeaders();
    };
    const binary = await client.watch(path);
    proxy.cutWatch({}, { times: 1 });
    const fault = proxy.expireWatch();
    (await server.request(2)).response.write("\u0000");
    await binary.seen("\u0000");
    expect([binary.text, fault.hits]).toEqual(["\u0000", 0]);
    proxy.cutWatch();
    expect(await binary.ended).toBeInstanceOf(Error);
  });
});
