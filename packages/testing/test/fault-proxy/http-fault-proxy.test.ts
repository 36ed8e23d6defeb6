import { selfSignedCertificate } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { clientOf, startLab } from "./http-lab.ts";

const lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/leader";
const configMaps = "/api/v1/namespaces/default/configmaps";

describe.each(["HTTP/1.1", "HTTP/2"] as const)("the HTTP fault proxy, asked over %s", (protocol) => {
  test("passes calls on, with their bodies and bearer tokens, and answers with what the server says", async () => {
    const { server, proxy } = await startLab();
    const client = clientOf(protocol, proxy);
    const headers = { authorization: "Bearer secret", "content-type": "application/json" };
    const answer = await client.call("PUT", `${lease}?fieldManager=x`, { body: '{"spec":{}}', headers });
    expect(JSON.parse(answer.text)).toEqual({ method: "PUT", url: `${lease}?fieldManager=x`, body: '{"spec":{}}' });
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(server.served[0]?.headers).toMatchObject({ ...headers, host: `127.0.0.1:${server.port}` });
  });

  test("records what a call asks for, when, over which connection, and what came of it", async () => {
    let now = 1_000;
    const clock = { now: () => now++, setTimer: () => ({ cancel: () => {} }) };
    const { proxy } = await startLab({ clock });
    await clientOf(protocol, proxy).call("PATCH", `${lease}?force=true`, {
      body: "{}",
      headers: { "user-agent": "a/1" },
    });
    await clientOf(protocol, proxy).call("POST", configMaps, { body: '{"metadata":{"name":"made"}}' });
    const [first, second] = await Promise.all([
      proxy.waitForCall({}, { after: 0 }),
      proxy.waitForCall({}, { after: 1 }),
    ]);
    expect(first).toEqual({
      number: 1,
      method: "PATCH",
      path: lease,
      query: "force=true",
      verb: "patch",
      group: "coordination.k8s.io",
      resource: "leases",
      subresource: undefined,
      namespace: "default",
      name: "leader",
      watch: false,
      protocol,
      connection: 1,
      userAgent: "a/1",
      sent: 1_000,
      forwarded: true,
      answered: 1_001,
      status: 200,
      delivered: true,
      ended: 1_002,
      faults: [],
      failure: undefined,
    });
    expect(second).toMatchObject({ verb: "create", group: "", resource: "configmaps", name: "made", connection: 2 });
    expect(proxy.connections.accepted).toBe(2);
  });

  test("passes the events of a watch on as they come", async () => {
    const { server, proxy } = await startLab();
    const watch = await clientOf(protocol, proxy).watch(`${configMaps}?watch=true`);
    const { response } = await server.request(1);
    response.write('{"type":"ADDED"}\n');
    await watch.seen('{"type":"ADDED"}\n');
    response.write('{"type":"MODIFIED"}\n');
    await watch.seen('{"type":"MODIFIED"}\n');
    response.end();
    expect(await watch.ended).toBe("end");
    expect(proxy.calls({ verb: "watch" })).toMatchObject([{ watch: true, status: 200, delivered: true }]);
  });

  test("calls the server with the certificate that is chosen by the name in the client's", async () => {
    const upstream = selfSignedCertificate("upstream-of-a");
    const { server, proxy } = await startLab({
      clientCertificate: (client) => (client?.commonName === "a" ? upstream : undefined),
    });
    await clientOf(protocol, proxy, selfSignedCertificate("a")).call("GET", lease);
    await clientOf(protocol, proxy, selfSignedCertificate("b")).call("GET", lease);
    await clientOf(protocol, proxy).call("GET", lease);
    const both = clientOf(protocol, proxy, selfSignedCertificate("a"));
    await both.call("GET", lease, { headers: { authorization: "Bearer secret" } });
    await both.call("GET", lease);
    expect(server.served.map(({ commonName }) => commonName)).toEqual([
      "upstream-of-a",
      undefined,
      undefined,
      undefined,
      "upstream-of-a",
    ]);
  });
});
