import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { ApiClient, type ApiRequest } from "./api-request.ts";
import { issueCertificate, keyPem } from "./certificate.ts";
import { ControlPlaneError } from "./control-plane-error.ts";
import type { ClusterCredentials } from "./credentials.ts";
import type { DataDirectory } from "./data-directory.ts";
import { returnPort } from "./free-port.ts";
import { type Credential, kubeconfigText, writePrivateFile } from "./kubeconfig.ts";
import { files } from "./server-flags.ts";
import type { ServerProcess } from "./server-process.ts";
import { type ServiceAccountOptions, serviceAccountToken } from "./service-account.ts";
import type { Watchdog } from "./watchdog.ts";

/** Those that were not asked for are absent. */
export interface ControlPlaneServers {
  readonly etcd: ServerProcess;
  readonly apiServer: ServerProcess;
  readonly controllerManager?: ServerProcess;
  readonly scheduler?: ServerProcess;
  readonly simulatedNodes?: ServerProcess;
}

/** What a control plane is made of; startControlPlane puts it together. */
export interface ControlPlaneParts {
  readonly servers: ControlPlaneServers;
  readonly directory: DataDirectory;
  readonly credentials: ClusterCredentials;
  readonly watchdog: Watchdog;
  readonly port: number;
  /** Ports to hand back at the end, that of the API server among them. */
  readonly ports: readonly number[];
  readonly auditLog: boolean;
}

export interface UserOptions {
  readonly name: string;
  /** Default: none but system:authenticated, which everybody is in. */
  readonly groups?: readonly string[];
}

/** A running Kubernetes control plane of one's own. From `startControlPlane`. */
export class ControlPlane implements AsyncDisposable {
  /** Path of a kubeconfig whose user may do everything. */
  readonly kubeconfig: string;
  /** The API server's, such as https://127.0.0.1:26443. */
  readonly url: string;
  /** The API server's, on 127.0.0.1. */
  readonly port: number;
  /** Data, credentials and logs. Removed by `stop` unless the caller named it. */
  readonly directory: string;
  readonly servers: ControlPlaneServers;
  /** Path of the audit log, one JSON object a line; undefined unless it was asked for. */
  readonly auditLog: string | undefined;
  readonly #parts: ControlPlaneParts;
  readonly #api: ApiClient;
  #stopped: Promise<void> | undefined;
  #credentialFiles = 0;

  constructor(parts: ControlPlaneParts) {
    this.#parts = parts;
    this.servers = parts.servers;
    this.port = parts.port;
    this.url = `https://127.0.0.1:${parts.port}`;
    this.directory = parts.directory.path;
    this.kubeconfig = join(this.directory, files.adminKubeconfig);
    this.auditLog = parts.auditLog ? join(this.directory, files.auditLog) : undefined;
    this.#api = new ApiClient({
      server: this.url,
      authority: parts.credentials.authority.certificate,
      token: parts.credentials.adminToken,
    });
  }

  /** Sends one request as admin and resolves with the answer's body. Throws CONTROL_PLANE_REQUEST_FAILED. */
  async request<Body = unknown>(request: ApiRequest): Promise<Body> {
    return await this.#api.request<Body>(request);
  }

  /**
   * Path of a new kubeconfig for a user of that name, who proves it by a client certificate of the cluster's authority.
   * What the user may do is for RBAC objects to say.
   */
  async createUser({ name, groups = [] }: UserOptions): Promise<string> {
    if (name === "") {
      throw new ControlPlaneError("CONTROL_PLANE_INVALID_OPTION", "A user needs a name.", "Give createUser a name.");
    }
    const { authority } = this.#parts.credentials;
    const { certificate, key } = issueCertificate(
      { commonName: name, organizations: groups, usage: "client" },
      authority,
    );
    return await this.#writeKubeconfig(name, { certificate, key: keyPem(key) });
  }

  /**
   * Path of a new kubeconfig for a service account with exactly these rights, proved by a token. Its context is in the
   * account's namespace. A second call with the same name replaces the rights, of older tokens too.
   */
  async createServiceAccount(options: ServiceAccountOptions): Promise<string> {
    const token = await serviceAccountToken(this.#api, options);
    return await this.#writeKubeconfig(options.name, { token }, options.namespace);
  }

  /**
   * Path of a copy of a kubeconfig that leads to another address, such as a proxy's. The serving certificate is good for
   * 127.0.0.1, ::1 and localhost, on any port. `from`: path of the kubeconfig to copy; default the admin's.
   */
  async kubeconfigVia(url: string, from: string = this.kubeconfig): Promise<string> {
    const content = parse(await readFile(from, "utf8")) as { clusters: { cluster: { server: string } }[] };
    for (const { cluster } of content.clusters) cluster.server = url;
    const path = this.#nextKubeconfig("via");
    await writePrivateFile(path, stringify(content));
    return path;
  }

  /** Ends every server, and removes the folder unless the caller named it. A second call awaits the first. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    this.#api.close();
    await endControlPlane(this.#parts);
  }

  async #writeKubeconfig(user: string, credential: Credential, namespace?: string): Promise<string> {
    const path = this.#nextKubeconfig(user);
    const text = kubeconfigText({
      server: this.url,
      authority: this.#parts.credentials.authority.certificate,
      user,
      credential,
      ...(namespace === undefined ? {} : { namespace }),
    });
    await writePrivateFile(path, text);
    return path;
  }

  #nextKubeconfig(label: string): string {
    this.#credentialFiles += 1;
    const safe = label.replace(/[^\w.-]/g, "-").slice(0, 60);
    return join(this.directory, `${this.#credentialFiles}-${safe}.kubeconfig`);
  }
}

/** Ends the servers, then the rest. Of what keeps nothing, none is asked politely: it only takes longer. */
export async function endControlPlane({
  servers,
  directory,
  watchdog,
  ports,
}: Pick<ControlPlaneParts, "servers" | "directory" | "watchdog" | "ports">): Promise<void> {
  const { etcd, ...stateless } = servers;
  await Promise.all(Object.values(stateless).map((server: ServerProcess | undefined) => server?.kill()));
  // A folder that is kept is worth an orderly end of etcd.
  await (directory.temporary ? etcd.kill() : etcd.stop());
  await directory.close();
  await watchdog.dismiss();
  for (const port of ports) returnPort(port);
}
