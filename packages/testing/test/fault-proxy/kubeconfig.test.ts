import { access, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpFaultProxy, selfSignedCertificate } from "@tenure/testing";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { clientOf, LabServer } from "./http-lab.ts";

let server: LabServer;
let folder: string;

beforeEach(async () => {
  server = new LabServer();
  await server.listen();
  folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  };
});

async function start(text: string): Promise<HttpFaultProxy> {
  const path = join(folder, "config");
  await writeFile(path, text);
  const proxy = await HttpFaultProxy.start({ kubeconfig: path });
  onTestFinished(() => proxy.stop());
  return proxy;
}

describe("the HTTP fault proxy, given a kubeconfig", () => {
  test("calls its server with its user's certificate, from files beside it", async () => {
    const { certificate, key } = selfSignedCertificate("a");
    await writeFile(join(folder, "ca.pem"), server.certificate.certificate);
    await writeFile(join(folder, "client.pem"), certificate);
    const proxy = await start(`
apiVersion: v1
kind: Config
current-context: here
contexts:
  - { name: elsewhere, context: { cluster: none, user: none } }
  - { name: here, context: { cluster: lab, user: a, namespace: team } }
clusters: [{ name: lab, cluster: { server: "${server.target.url}", certificate-authority: ca.pem } }]
users: [{ name: a, user: { client-certificate: ./client.pem, client-key-data: ${Buffer.from(key).toString("base64")} } }]
`);
    expect((await clientOf("HTTP/1.1", proxy).call("GET", "/version")).status).toBe(200);
    expect(server.served[0]?.commonName).toBe("a");
    const copy = await proxy.kubeconfig();
    expect(JSON.parse(await readFile(copy, "utf8"))).toMatchObject({
      clusters: [
        {
          cluster: {
            server: proxy.url,
            "certificate-authority-data": Buffer.from(proxy.authority).toString("base64"),
          },
        },
      ],
      users: [{ user: { "client-certificate": join(folder, "client.pem") } }],
      contexts: [{ context: { namespace: "team" } }],
    });
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    const other = JSON.parse(await readFile(await proxy.kubeconfig({ token: "secret" }), "utf8"));
    expect(other.users[0].user).toEqual({ token: "secret" });
    await proxy.stop();
    await expect(access(copy)).rejects.toThrow();
  });

  test.each([
    ["there is no server in it", "{}", /no current context/],
    ["it names another kind of server", JSON.stringify(leadsTo("http://127.0.0.1:1")), /the API server is at "http:/],
    ["it is no YAML", "{", /cannot be read/],
    ["it names a file that is not there", JSON.stringify(leadsTo("https://127.0.0.1:1", "nowhere.pem")), /nowhere.pem/],
  ])("says so when %s", async (_what, text, message) => {
    await expect(start(text)).rejects.toMatchObject({ code: "TENURE_FAULT_PROXY_OPTION", message });
  });

  test("says so when there is none, and no target either", async () => {
    await expect(HttpFaultProxy.start({})).rejects.toThrow("there is no API server to call");
    await expect(HttpFaultProxy.start({ kubeconfig: join(folder, "none") })).rejects.toThrow("cannot be read");
  });
});

function leadsTo(url: string, authority?: string): unknown {
  return {
    "current-context": "a",
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    clusters: [{ name: "a", cluster: { server: url, ...(authority && { "certificate-authority": authority }) } }],
  };
}
