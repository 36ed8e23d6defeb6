import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { wrongOption } from "./fault-rule.ts";
import type { ClientCertificate } from "./upstream.ts";

/** An entry of `users`, as the file has it: a token, a certificate, a command. */
type User = Readonly<Record<string, unknown>>;

/** What the current context of a kubeconfig says. */
export interface Kubeconfig {
  readonly server: string;
  readonly authority: string | undefined;
  readonly user: User;
  readonly namespace: string | undefined;
  readonly clientCertificate: ClientCertificate | undefined;
}

interface File {
  readonly "current-context"?: string;
  readonly contexts?: readonly { name: string; context: { cluster: string; user: string; namespace?: string } }[];
  readonly clusters?: readonly { name: string; cluster: Readonly<Record<string, unknown>> }[];
  readonly users?: readonly { name: string; user: User }[];
}

/** @throws FaultProxyError `TENURE_FAULT_PROXY_OPTION`. */
export async function readKubeconfig(path: string): Promise<Kubeconfig> {
  const file = (await parseFile(path)) ?? {};
  const context = named(file.contexts, file["current-context"])?.context;
  const cluster = named(file.clusters, context?.cluster)?.cluster;
  if (cluster === undefined) throw wrongOption(`${path} has no current context`, "Give a kubeconfig that has one.");
  // The copy of it will be in another folder.
  const user = Object.fromEntries(
    Object.entries(named(file.users, context?.user)?.user ?? {}).map(([key, value]) => [
      key,
      /^(client-certificate|client-key|tokenFile)$/.test(key) ? resolve(dirname(path), String(value)) : value,
    ]),
  );
  const folder = dirname(path);
  const certificate = await content(user, "client-certificate", folder);
  const key = await content(user, "client-key", folder);
  return {
    server: String(cluster.server),
    authority: await content(cluster, "certificate-authority", folder),
    user,
    namespace: context?.namespace,
    clientCertificate: certificate === undefined || key === undefined ? undefined : { certificate, key },
  };
}

/** A kubeconfig in JSON, which is YAML too. */
export function kubeconfigText(
  server: string,
  authority: string,
  { user, namespace }: Pick<Kubeconfig, "user" | "namespace">,
): string {
  const name = "fault-proxy";
  const data = Buffer.from(authority).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": data } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace !== undefined && { namespace }) } }],
    "current-context": name,
  });
}

async function parseFile(path: string): Promise<File | null> {
  try {
    return parse(await readFile(path, "utf8")) as File | null;
  } catch (cause) {
    throw wrongOption(`the kubeconfig ${path} cannot be read`, "Give the path of a kubeconfig.", cause);
  }
}

/** In PEM, whether it is in the file itself or in one that it names. */
async function content(
  entry: Readonly<Record<string, unknown>>,
  field: string,
  folder: string,
): Promise<string | undefined> {
  const data = entry[`${field}-data`];
  if (data !== undefined) return Buffer.from(String(data), "base64").toString();
  if (entry[field] === undefined) return undefined;
  const path = resolve(folder, String(entry[field]));
  return readFile(path, "utf8").catch((cause) => {
    throw wrongOption(`${path}, which the kubeconfig names, cannot be read`, "Correct the path.", cause);
  });
}

function named<Entry extends { readonly name: string }>(
  entries: readonly Entry[] | undefined,
  name: string | undefined,
): Entry | undefined {
  return entries?.find((entry) => entry.name === name);
}
