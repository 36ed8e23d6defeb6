import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProcessTerm, describeError, systemClock } from "@tenure/core";
import { createClient, KubernetesError } from "@tenure/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tenure-credentials-"));
});

afterAll(() => rm(directory, { recursive: true }));

async function kubeconfig(name: string, text: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text);
  return file;
}

function config(parts: { server?: string; current?: string; user?: string; ca?: string }): string {
  const { server = "https://127.0.0.1:1", current = "main", user = "admin", ca } = parts;
  const authority = ca === undefined ? "" : `, certificate-authority: ${ca}`;
  return [
    "apiVersion: v1",
    "kind: Config",
    `current-context: ${current}`,
    `clusters: [{ name: c, cluster: { server: "${server}"${authority} } }]`,
    `contexts: [{ name: main, context: { cluster: c, user: ${user} } }]`,
    "users: [{ name: admin, user: { token: secret-token } }]",
  ].join("\n");
}

async function errorOf(file: string): Promise<KubernetesError> {
  const error = await createClient({ kubeconfig: file }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KubernetesError) return error;
  throw new Error("no KubernetesError", { cause: error });
}

describe("a wrong kubeconfig", () => {
  test.each([
    ["that is missing", () => join(directory, "nowhere"), /nowhere cannot be read/],
    ["that is not YAML", () => kubeconfig("broken", "a: [b\n c: }"), /broken is not a kubeconfig/],
    [
      "with an unknown current context",
      () => kubeconfig("context", config({ current: "other" })),
      /there is no context "other"/,
    ],
    ["with an unknown user", () => kubeconfig("user", config({ user: "nobody" })), /names a user that is not in it/],
    [
      "whose server is no URL",
      () => kubeconfig("server", config({ server: "not a url" })),
      /clusters\.c\.server is not a URL/,
    ],
    [
      "whose certificate cannot be read",
      () => kubeconfig("ca", config({ ca: "/nowhere/ca.crt" })),
      /certificate or key .* cannot be read/,
    ],
  ])("%s gives one error that names it and a remedy", async (_, make, message) => {
    const error = await errorOf(await make());
    expect(error.code).toBe("KUBE_CONFIG_INVALID");
    expect(error.message).toMatch(message);
    expect(error.remedy).not.toBe("");
    expect(describeError(error)).not.toContain("secret-token");
  });
});

describe("an API server that cannot be reached", () => {
  test("is named with its address and a remedy", async () => {
    const client = await createClient({ kubeconfig: await kubeconfig("unreachable", config({})) });
    const error = await client.getRaw("/version").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "KUBE_UNREACHABLE", kind: "unreachable" });
    expect(describeError(error)).toMatch(/https:\/\/127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/);
    await client.close();
  });

  test("and that never finishes a connection is left at once by whoever aborts", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen({ host: "127.0.0.1", port: 0 }, resolve));
    const { port } = silent.address() as { port: number };
    // TLS is never answered: undici itself would tell of the abort only after its connect timeout, of 10 s.
    const client = await createClient({
      kubeconfig: await kubeconfig("handshake", config({ server: `https://127.0.0.1:${port}` })),
    });
    const abort = new AbortController();
    const call = client.getRaw("/version", { signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(call).rejects.toMatchObject({ code: "KUBE_ABORTED" });
    await client.close();
    silent.close();
  }, 5_000);

  test("and that hangs is given up after the timeout of the call", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen({ host: "127.0.0.1", port: 0 }, resolve));
    const { port } = silent.address() as { port: number };
    const client = await createClient({
      kubeconfig: await kubeconfig("silent", config({ server: `http://127.0.0.1:${port}` })),
    });
    const { term } = createProcessTerm("test", systemClock);
    await expect(client.getRaw("/version", { timeout: 50 })).rejects.toMatchObject({ code: "KUBE_TIMEOUT" });
    await expect(
      client.create(
        term,
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "b" } },
        { timeout: 50 },
      ),
    ).rejects.toMatchObject({ code: "KUBE_TIMEOUT", kind: "unreachable" });
    await client.close();
    silent.close();
  });
});
