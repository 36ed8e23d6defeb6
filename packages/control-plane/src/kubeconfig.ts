import { randomBytes } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { stringify } from "yaml";

/** What proves who the user is: a token, or a client certificate with its key, in PEM. */
export type Credential = { readonly token: string } | { readonly certificate: string; readonly key: string };

export interface KubeconfigContent {
  /** Such as https://127.0.0.1:26443. */
  readonly server: string;
  /** The authority that signed the server's certificate, in PEM. */
  readonly authority: string;
  /** A name for the context; it has no meaning for the server. */
  readonly user: string;
  readonly credential: Credential;
  /** Of the context. Default: none, which clients read as "default". */
  readonly namespace?: string;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A kubeconfig in YAML with one context, everything inline. */
export function kubeconfigText(content: KubeconfigContent): string {
  const { server, authority, user, credential, namespace } = content;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "tenure", cluster: { server, "certificate-authority-data": base64(authority) } }],
    users: [
      {
        name: user,
        user:
          "token" in credential
            ? { token: credential.token }
            : {
                "client-certificate-data": base64(credential.certificate),
                "client-key-data": base64(credential.key),
              },
      },
    ],
    contexts: [{ name: user, context: { cluster: "tenure", user, ...(namespace === undefined ? {} : { namespace }) } }],
    "current-context": user,
  });
}

/** Writes a file that only its owner may read, all of it or nothing. An older one of that name is replaced. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString("hex")}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}
