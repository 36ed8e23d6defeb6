import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { parse } from "yaml";
import type { ApiRequest, ApiResponse } from "../src/api-request.ts";

/** A client that knows nothing but what a kubeconfig says, as any other program would. */
export async function kubeconfigClient(path: string): Promise<{ send(asked: ApiRequest): Promise<ApiResponse> }> {
  const content = parse(await readFile(path, "utf8"));
  const { cluster } = content.clusters[0];
  const { user } = content.users[0];
  const decode = (data: string | undefined): string | undefined =>
    data === undefined ? undefined : Buffer.from(data, "base64").toString("utf8");
  const agent = new Agent({
    ca: decode(cluster["certificate-authority-data"]),
    cert: decode(user["client-certificate-data"]),
    key: decode(user["client-key-data"]),
  });
  return {
    send: ({ method = "GET", path, body }) =>
      new Promise((resolve, reject) => {
        const headers = {
          "content-type": "application/json",
          ...(user.token === undefined ? {} : { authorization: `Bearer ${user.token}` }),
        };
        const sent = request(new URL(path, cluster.server), { method, agent, headers }, async (response) => {
          let text = "";
          for await (const chunk of response) text += chunk;
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
        });
        sent.on("error", reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      }),
  };
}
