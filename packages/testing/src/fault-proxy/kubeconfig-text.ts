import type { ClientCertificate } from "./upstream.ts";

/** Who uses a kubeconfig: a token, or a certificate, of which the proxy learns whom it names. */
export interface KubeconfigUser {
  readonly token?: string;
  readonly clientCertificate?: ClientCertificate;
  /** Of the context. Default: none, which clients read as "default". */
  readonly namespace?: string;
}

/** A kubeconfig in JSON, which is YAML too, with everything inline. */
export function kubeconfigText(server: string, authority: string, user: KubeconfigUser): string {
  const { token, clientCertificate, namespace } = user;
  const name = "fault-proxy";
  const credentials = {
    ...(token !== undefined && { token }),
    ...(clientCertificate && {
      "client-certificate-data": base64(clientCertificate.certificate),
      "client-key-data": base64(clientCertificate.key),
    }),
  };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": base64(authority) } }],
    users: [{ name, user: credentials }],
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace !== undefined && { namespace }) } }],
    "current-context": name,
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
