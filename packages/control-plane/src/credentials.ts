import { createPrivateKey, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { generateKey, issueCertificate, type KeyAndCertificate, keyPem } from "./certificate.ts";
import { writePrivateFile } from "./kubeconfig.ts";

/** Who may do what on this cluster: made at the first start in a data folder, found again at the next. */
export interface ClusterCredentials {
  readonly authority: KeyAndCertificate;
  /** Of user `admin` in group system:masters: may do everything. */
  readonly adminToken: string;
}

/** Files of the PKI in the data folder, as the servers' flags name them. */
export const pkiFiles = {
  authority: "pki/ca.crt",
  authorityKey: "pki/ca.key",
  serving: "pki/server.crt",
  servingKey: "pki/server.key",
  serviceAccountKey: "pki/service-account.key",
  tokens: "pki/tokens.csv",
} as const;

const servingHosts = [
  "127.0.0.1",
  "::1",
  "localhost",
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
  "10.96.0.1",
];

async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** The credentials of the data folder, whose `pki` folder must exist. The authority's certificate is written last. */
export async function loadOrCreateCredentials(directory: string): Promise<ClusterCredentials> {
  const path = (file: string): string => join(directory, file);
  const [certificate, key, tokens] = await Promise.all([
    readIfThere(path(pkiFiles.authority)),
    readIfThere(path(pkiFiles.authorityKey)),
    readIfThere(path(pkiFiles.tokens)),
  ]);
  const adminToken = tokens?.split(",")[0];
  if (certificate !== undefined && key !== undefined && adminToken !== undefined) {
    return { authority: { certificate, key: createPrivateKey(key) }, adminToken };
  }
  const authority = issueCertificate({ commonName: "tenure-control-plane", usage: "authority" });
  const serving = issueCertificate({ commonName: "kube-apiserver", usage: "server", hosts: servingHosts }, authority);
  const token = randomBytes(24).toString("hex");
  await writePrivateFile(path(pkiFiles.authorityKey), keyPem(authority.key));
  await writePrivateFile(path(pkiFiles.serving), serving.certificate);
  await writePrivateFile(path(pkiFiles.servingKey), keyPem(serving.key));
  // SEC 1, the one form from which the API server reads the public half too.
  const serviceAccountKey = generateKey().export({ type: "sec1", format: "pem" }).toString();
  await writePrivateFile(path(pkiFiles.serviceAccountKey), serviceAccountKey);
  await writePrivateFile(path(pkiFiles.tokens), `${token},admin,admin,"system:masters"\n`);
  await writePrivateFile(path(pkiFiles.authority), authority.certificate);
  return { authority, adminToken: token };
}
