import { connect } from "node:http2";
import { createProcessTerm, systemClock } from "@tenure/core";
import { Credentials, createClient, type KubernetesClient, type KubernetesObject } from "@tenure/kubernetes";
import { HttpFaultProxy } from "@tenure/testing";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { runCodeBlock } from "../documentation/run-code-block.ts";

const { term } = createProcessTerm("test", systemClock);
const fieldManager = "fault-proxy-test";
const kind = { apiVersion: "v1", kind: "ConfigMap", namespace: "default" };
/** Not through any proxy. */
let direct: KubernetesClient;
let names = 0;

beforeAll(async () => {
  direct = await createClient({ kubeconfig: inject("kubeconfig") });
});

afterAll(() => direct.close());

function uniqueName(): string {
  return `fault-proxy-${process.pid}-${++names}`;
}

function configMap(name: string, value = "1"): KubernetesObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data: { value } };
}

async function behindProxy(
  kubeconfig = inject("kubeconfig"),
): Promise<{ proxy: HttpFaultProxy; client: KubernetesClient }> {
  const proxy = await HttpFaultProxy.start({ kubeconfig });
  const client = await createClient({ kubeconfig: await proxy.kubeconfig() });
  onTestFinished(async () => {
    await client.close();
    await proxy.stop();
  });
  return { proxy, client };
}

async function whoAmI(client: KubernetesClient): Promise<string> {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview", metadata: {} };
  const { status } = (await client.create(term, review as unknown as KubernetesObject)) as unknown as {
    status: { userInfo: { username: string } };
  };
  return status.userInfo.username;
}

/** A call over HTTP/2 through the proxy, as it stands. */
async function raw(
  proxy: HttpFaultProxy,
  method: string,
  path: string,
  { body, ...headers }: Record<string, string> = {},
): Promise<{ status: number | undefined; body: Record<string, unknown>; type: string | undefined }> {
  const session = connect(proxy.url, { ca: proxy.authority });
  try {
    const stream = session.request({ ":method": method, ":path": path, ...headers }, { endStream: false });
    stream.end(body);
    let head: Record<string, unknown> = {};
    stream.on("response", (received) => {
      head = received;
    });
    let text = "";
    for await (const part of stream) text += String(part);
    const [status, type] = [head[":status"] as number | undefined, head["content-type"] as string | undefined];
    return { status, body: JSON.parse(text), type };
  } finally {
    session.destroy();
  }
}

async function adminHeaders(): Promise<Record<string, string>> {
  const credentials = await Credentials.load({ kubeconfig: inject("kubeconfig") });
  return { ...(await credentials.headers()), "content-type": "application/json" };
}

describe("the HTTP fault proxy in front of a real API server", () => {
  test("a reply that is lost is one to a write that is committed", async () => {
    const { proxy, client } = await behindProxy();
    const name = uniqueName();
    const lost = proxy.dropReply({ verb: "patch", resource: "configmaps", name }, { times: 1 });
    await expect(client.apply(term, configMap(name), { fieldManager })).rejects.toMatchObject({
      code: "KUBE_UNREACHABLE",
    });
    await lost.hit();
    expect(await direct.get({ ...kind, name })).toMatchObject({ data: { value: "1" } });
    expect(proxy.calls({ name })).toMatchObject([{ status: 201, delivered: false, faults: ["drop-reply"] }]);
  });

  test("a watch that hangs says nothing of what others see, and stays open", async () => {
    const { proxy, client } = await behindProxy();
    const name = uniqueName();
    const selection = { ...kind, fieldSelector: `metadata.name=${name}` };
    const abort = new AbortController();
    const follow = (by: KubernetesClient, seen: string[], until: string) =>
      (async () => {
        for await (const { type, object } of by.watch(selection, { signal: abort.signal })) {
          if (type === "BOOKMARK") continue;
          const { value } = object.data as { value: string };
          seen.push(value);
          if (value === until) return;
        }
      })();
    const here: string[] = [];
    const there: string[] = [];
    const hung = follow(client, here, "2");
    const begun = await proxy.waitForCall({ verb: "watch", name }, { after: 0 });
    await direct.apply(term, configMap(name, "1"), { fieldManager });
    while (here.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const fault = proxy.hangWatch({ resource: "configmaps", name });
    await fault.hit();
    const other = follow(direct, there, "2");
    await direct.apply(term, configMap(name, "2"), { fieldManager });
    await other;
    // What the server has sent since has passed the proxy too.
    await client.get({ ...kind, name });
    expect([here, there.at(-1), begun.ended]).toEqual([["1"], "2", undefined]);
    abort.abort();
    await hung;
  });

  test("a watch that is expired is gone for the client, as with a version that is too old", async () => {
    const { proxy, client } = await behindProxy();
    const name = uniqueName();
    const selection = { ...kind, fieldSelector: `metadata.name=${name}` };
    const watching = (async () => {
      for await (const _ of client.watch(selection, { signal: new AbortController().signal }));
    })();
    await proxy.waitForCall({ verb: "watch", name }, { after: 0 });
    proxy.expireWatch({ name });
    await expect(watching).rejects.toMatchObject({ code: "KUBE_GONE", status: 410 });
  });

  test("one 401 makes the client ask again, and it succeeds", async () => {
    const { proxy, client } = await behindProxy();
    const name = uniqueName();
    const fault = proxy.answer(401, { name }, { times: 1 });
    await client.apply(term, configMap(name), { fieldManager });
    expect(fault.hits).toBe(1);
    expect(proxy.calls({ name }).map(({ status, forwarded }) => [status, forwarded])).toEqual([
      [401, false],
      [201, true],
    ]);
  });

  test("the API server sees the user of the kubeconfig, by its token or its certificate", async () => {
    expect(await whoAmI((await behindProxy()).client)).toBe("admin");
    expect(await whoAmI((await behindProxy(inject("limitedKubeconfig"))).client)).toBe("limited");
  });

  test("the API server sees a service account by its token, also behind a proxy with a certificate", async () => {
    const { proxy } = await behindProxy(inject("limitedKubeconfig"));
    const name = uniqueName();
    const headers = await adminHeaders();
    const accounts = "/api/v1/namespaces/default/serviceaccounts";
    await raw(proxy, "POST", accounts, { ...headers, body: JSON.stringify({ metadata: { name } }) });
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    const made = await raw(proxy, "POST", `${accounts}/${name}/token`, { ...headers, body: JSON.stringify(request) });
    const { token } = (made.body as { status: { token: string } }).status;
    const client = await createClient({ kubeconfig: await proxy.kubeconfig({ token }) });
    onTestFinished(() => client.close());
    expect(await whoAmI(client)).toBe(`system:serviceaccount:default:${name}`);
  });

  test("what is answered without the server is what the server answers", async () => {
    const { proxy } = await behindProxy();
    const name = uniqueName();
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace: "default" } };
    const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    const admin = await adminHeaders();
    await direct.create(term, lease);
    const stale = JSON.stringify({ ...lease, metadata: { ...lease.metadata, resourceVersion: "1" } });
    const calls = [
      [401, "GET", `${leases}/${name}`, { authorization: "Bearer wrong" }],
      [404, "GET", `${leases}/nobody`, admin],
      [409, "PUT", `${leases}/${name}`, { ...admin, body: stale }],
      [409, "POST", leases, { ...admin, body: JSON.stringify(lease) }],
    ] as const;
    for (const [status, method, path, headers] of calls) {
      const real = await raw(proxy, method, path, headers);
      expect(real.status).toBe(status);
      const fault = proxy.answer(status, {});
      expect(await raw(proxy, method, path, headers)).toEqual(real);
      fault.remove();
    }
    const limited = (await behindProxy(inject("limitedKubeconfig"))).proxy;
    const path = `/api/v1/namespaces/kube-system/secrets/nothing`;
    const real = await raw(limited, "GET", path);
    limited.answer(403, {});
    const injected = await raw(limited, "GET", path);
    const named = JSON.stringify(injected).replace('User \\"fault-proxy\\"', 'User \\"limited\\"');
    expect(JSON.parse(named)).toEqual(real);
  });

  test("the example of the reference does what it says", async () => {
    const env = { KUBECONFIG: inject("kubeconfig") };
    const { exitCode, output } = await runCodeBlock("docs/reference/testing.md", "fault-proxy.ts", { env });
    expect([exitCode, output]).toEqual([0, "KUBE_UNREACHABLE\n{ a: '1' }\n1\n"]);
  });
});
