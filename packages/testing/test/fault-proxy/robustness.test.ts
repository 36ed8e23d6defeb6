import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { VirtualClock } from "@tenure/testing";
import { Agent, request } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { clientOf, LabServer, startLab } from "./http-lab.ts";

const lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/leader";
const watchPath = "/api/v1/configmaps?watch=1";

describe.each(["HTTP/1.1", "HTTP/2"] as const)("the HTTP fault proxy over %s", (protocol) => {
  test("ends the call to the server when the client leaves", async () => {
    const { server, proxy } = await startLab();
    const watch = await clientOf(protocol, proxy).watch(watchPath);
    const { response } = await server.request(1);
    const closed = once(response, "close");
    watch.leave();
    await closed;
    const call = proxy.calls()[0];
    while (call?.ended === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(call).toMatchObject({ failure: "the client left" });
  });

  test("breaks off what the server breaks off, before the answer and in the middle of it", async () => {
    const { server, proxy } = await startLab();
    const client = clientOf(protocol, proxy);
    server.onRequest = ({ response, method }) => {
      if (method === "GET") {
        response.writeHead(200, { "content-length": 100 });
        response.write("half", () => response.destroy());
      } else response.destroy();
    };
    await expect(client.call("PUT", lease, { body: "{}" })).rejects.toThrow();
    await expect(client.call("GET", lease)).rejects.toThrow();
    const second = await proxy.waitForCall({}, { after: 1 });
    expect(proxy.calls()[0]).toMatchObject({ status: undefined, delivered: false, failure: /socket hang up/ });
    expect(second).toMatchObject({ status: 200, delivered: false, failure: /the server broke off/ });
  });

  test("breaks calls while the server cannot be reached, and passes them when it can be again", async () => {
    const { server, proxy } = await startLab();
    const client = clientOf(protocol, proxy);
    const { port } = server;
    await server.stop();
    await expect(client.call("GET", lease)).rejects.toThrow();
    expect(await proxy.waitForCall({}, { after: 0 })).toMatchObject({ failure: /ECONNREFUSED/ });
    await server.listen(port);
    expect((await client.call("GET", lease)).status).toBe(200);
  });

  test("passes large bodies whole, both ways", async () => {
    const { proxy } = await startLab();
    const body = "0123456789abcdef".repeat(200_000);
    const answer = await clientOf(protocol, proxy).call("PUT", lease, { body });
    expect(JSON.parse(answer.text).body === body).toBe(true);
  });

  test("keeps the connection to the server for the next call, and shares it with no other client", async () => {
    const { server, proxy } = await startLab();
    const client = clientOf(protocol, proxy);
    for (let call = 0; call < 10; call++) await client.call("GET", lease);
    const { accepted } = proxy.connections;
    // The client itself opens a second one when it finds the first not free yet.
    expect(accepted).toBeLessThanOrEqual(2);
    expect(server.connections).toBe(accepted);
    await clientOf(protocol, proxy).call("GET", lease);
    expect([server.connections, proxy.connections.accepted]).toEqual([accepted + 1, accepted + 1]);
    await proxy.stop();
    await server.idle();
  });

  test("closes everything when it is stopped, whatever it is at", async () => {
    const clock = new VirtualClock();
    const { server, proxy } = await startLab({ clock });
    const client = clientOf(protocol, proxy);
    const watch = await client.watch(watchPath);
    const hung = await client.watch("/api/v1/secrets?watch=1");
    await proxy.hangWatch({ resource: "secrets" }).hit();
    const delayed = proxy.delayRequest({ verb: "get" }, { delay: 3_600_000 });
    const lost = proxy.dropReply({ verb: "update" }, { how: "hang" });
    const calls = Promise.allSettled([client.call("GET", lease), client.call("PUT", lease, { body: "{}" })]);
    await Promise.all([delayed.hit(), lost.hit()]);
    expect(clock.pending).toBe(1);
    const never = proxy.waitForCall({ verb: "delete" });
    await Promise.all([proxy.stop(), proxy.stop()]);
    for (const { status } of await calls) expect(status).toBe("rejected");
    await Promise.all([watch.ended, hung.ended]);
    await expect(never).rejects.toMatchObject({ code: "TENURE_FAULT_PROXY_NEVER" });
    expect(proxy.calls().filter(({ ended }) => ended === undefined)).toEqual([]);
    expect(proxy.connections.open).toBe(0);
    await server.idle();
    expect(clock.pending).toBe(0);
  });
});

describe("the HTTP fault proxy", () => {
  test("reads no more from the server than the client takes", async () => {
    const { server, proxy } = await startLab();
    const part = Buffer.alloc(1024 * 1024);
    let sent = 0;
    server.onRequest = async ({ response }) => {
      for (; sent < 64; sent++) if (!response.write(part)) await once(response, "drain");
      response.end();
    };
    const dispatcher = new Agent({ allowH2: false, connect: { ca: proxy.authority } });
    onTestFinished(() => dispatcher.destroy());
    const { body } = await request(`${proxy.url}${lease}`, { dispatcher });
    // Until nothing moves any more.
    for (let before = -1; before < sent; ) {
      before = sent;
      for (let turn = 0; turn < 2_000; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(32);
    expect((await body.arrayBuffer()).byteLength).toBe(64 * part.length);
  });

  test("asks the server nothing for a request that was taken back before it was whole", async () => {
    const { server, proxy } = await startLab();
    const session = connectHttp2(proxy.url, { ca: proxy.authority });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "PUT", ":path": lease });
    stream.write("{");
    await once(session, "remoteSettings");
    // `close` would end it first, and so send it whole.
    stream.destroy();
    await once(stream, "close");
    const after = session.request({ ":path": lease });
    await once(after, "response");
    expect(server.served.map(({ method }) => method)).toEqual(["GET"]);
    expect(proxy.count()).toBe(1);
  });

  test("knows that an answer was not delivered of which the client took only a part", async () => {
    const { server, proxy } = await startLab();
    server.onRequest = ({ response }) => void response.end(Buffer.alloc(5_000_000));
    // What is held back is then handed over as one.
    proxy.delayReply({}, { delay: 0 });
    const session = connectHttp2(proxy.url, { ca: proxy.authority });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":path": lease });
    await once(stream, "response");
    stream.destroy();
    expect(await proxy.waitForCall({}, { after: 0 })).toMatchObject({ delivered: false, failure: "the client left" });
  });

  test("passes headers of one name on as they are", async () => {
    const { server, proxy } = await startLab();
    server.onRequest = ({ response }) => void response.setHeader("warning", ['299 - "a"', '299 - "b"']);
    const client = clientOf("HTTP/1.1", proxy);
    const answer = await client.call("GET", lease, { headers: { "impersonate-user": "a", connection: "keep-alive" } });
    expect(answer.headers.warning).toEqual(['299 - "a"', '299 - "b"']);
    expect(server.served[0]?.headers).toMatchObject({ "impersonate-user": "a" });
  });

  test("lives on after clients that do not speak TLS, or no HTTP in it", async () => {
    const { proxy } = await startLab();
    const plain = connect({ host: "127.0.0.1", port: proxy.port });
    plain.on("error", () => {});
    plain.write("GET / HTTP/1.1\r\n\r\n");
    plain.resume();
    await once(plain, "close");
    const { connect: connectTls } = await import("node:tls");
    const garbage = connectTls({ port: proxy.port, host: "127.0.0.1", ca: proxy.authority });
    garbage.on("error", () => {});
    garbage.write("this is no HTTP\r\n\r\n");
    garbage.resume();
    await once(garbage, "close");
    expect((await clientOf("HTTP/1.1", proxy).call("GET", lease)).status).toBe(200);
  });

  test("trusts the authority that it was given, and no other server", async () => {
    const other = new LabServer();
    await other.listen();
    onTestFinished(() => other.stop());
    const { proxy } = await startLab({
      target: { ...other.target, authority: new LabServer().certificate.certificate },
    });
    await expect(clientOf("HTTP/1.1", proxy).call("GET", lease)).rejects.toThrow();
    expect(other.served).toEqual([]);
    expect(proxy.calls()[0]?.failure).toMatch(/self-signed certificate/);
  });
});
