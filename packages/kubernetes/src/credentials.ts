import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { KubernetesError } from "./kubernetes-error.ts";

export interface CredentialsOptions {
  /** Path of a kubeconfig. Default: $KUBECONFIG, else ~/.kube/config, else the service account of the pod. */
  readonly kubeconfig?: string;
  /** Default: the current context of the kubeconfig. */
  readonly context?: string;
}

/** What the transport needs of the connection's TLS; undefined fields are left to their defaults. */
export interface TlsOptions {
  readonly ca?: Buffer | string;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/**
 * The API server's address and the way in, read from a kubeconfig by @kubernetes/client-node, which knows exec plugins and
 * token files. Its import takes most of a second and 90 MB, so it happens when the first client is made.
 */
export class Credentials {
  readonly server: string;
  readonly #config: KubeConfig;
  #headers: Promise<Readonly<Record<string, string>>> | undefined;

  private constructor(config: KubeConfig, server: string) {
    this.#config = config;
    this.server = server;
  }

  /** Does not contact the server. @throws KubernetesError `KUBE_CONFIG_INVALID` that names the file and the key. */
  static async load(options: CredentialsOptions = {}): Promise<Credentials> {
    const { KubeConfig: Config } = await import("@kubernetes/client-node");
    const config = new Config();
    const where = options.kubeconfig ?? process.env.KUBECONFIG ?? "the default kubeconfig";
    if (options.kubeconfig !== undefined) await assertReadable(options.kubeconfig);
    try {
      if (options.kubeconfig === undefined) config.loadFromDefault();
      else config.loadFromFile(options.kubeconfig);
    } catch (cause) {
      throw invalid(`${where} is not a kubeconfig`, "Correct the file: see the cause.", cause);
    }
    if (options.context !== undefined) config.setCurrentContext(options.context);
    const name = config.getCurrentContext();
    const known = config.getContexts().map((context) => context.name);
    if (!known.includes(name)) {
      throw invalid(
        name ? `${where}: there is no context "${name}"` : `${where}: current-context is not set`,
        known.length > 0 ? `Use one of its contexts: ${known.join(", ")}.` : "Add a context to the file.",
      );
    }
    const cluster = config.getCurrentCluster();
    if (!cluster) throw invalid(`${where}: context "${name}" names a cluster that is not in it`, "Add the cluster.");
    if (!config.getCurrentUser())
      throw invalid(`${where}: context "${name}" names a user that is not in it`, "Add the user.");
    if (!URL.canParse(cluster.server)) {
      throw invalid(
        `${where}: clusters.${cluster.name}.server is not a URL: "${cluster.server}"`,
        "Write https://host:port.",
      );
    }
    const credentials = new Credentials(config, cluster.server.replace(/\/$/, ""));
    try {
      credentials.tls();
    } catch (cause) {
      throw invalid(
        `${where}: a certificate or key that it names cannot be read`,
        "Correct the path or the data.",
        cause,
      );
    }
    return credentials;
  }

  tls(): TlsOptions {
    const { ca, cert, key, servername, rejectUnauthorized } = this.#tlsOf();
    return Object.fromEntries(
      Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, value]) => value !== undefined),
    );
  }

  #tlsOf(): TlsOptions {
    const cluster = this.#config.getCurrentCluster();
    const user = this.#config.getCurrentUser();
    const cert = contentOf(user?.certFile, user?.certData);
    const key = contentOf(user?.keyFile, user?.keyData);
    const ca = contentOf(cluster?.caFile, cluster?.caData);
    return {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(cluster?.tlsServerName && { servername: cluster.tlsServerName }),
      ...(cluster?.skipTLSVerify && { rejectUnauthorized: false }),
    };
  }

  /** Headers that authenticate a request; asked once and kept, until `refresh`. */
  headers(): Promise<Readonly<Record<string, string>>> {
    this.#headers ??= this.#readHeaders();
    this.#headers.catch(() => {
      this.#headers = undefined;
    });
    return this.#headers;
  }

  /** The server has refused them: ask the plugin, or read the file, again. */
  refresh(): void {
    this.#headers = undefined;
  }

  async #readHeaders(): Promise<Readonly<Record<string, string>>> {
    const options: { headers: Record<string, string>; auth?: string } = { headers: {} };
    try {
      const { KubeConfig: Config } = await import("@kubernetes/client-node");
      const cluster = this.#config.getCurrentCluster();
      const user = this.#config.getCurrentUser();
      // The library makes an agent along with the headers, which refuses plain HTTP (as `kubectl proxy` speaks it); it is not used.
      const config = new Config();
      if (cluster && user) config.loadFromClusterAndUser({ ...cluster, server: "https://localhost" }, user);
      await config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new KubernetesError(`the credentials for ${this.server} cannot be had`, {
        code: "KUBE_UNAUTHORIZED",
        kind: "transient",
        remedy: "See the user of the kubeconfig's current context: its token file, or the command that it names.",
        cause,
      });
    }
    const headers = { ...options.headers };
    if (options.auth !== undefined) headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
    return headers;
  }
}

async function assertReadable(file: string): Promise<void> {
  try {
    await readFile(file);
  } catch (cause) {
    throw invalid(
      `the kubeconfig ${file} cannot be read`,
      "Name a file that exists and that this user may read.",
      cause,
    );
  }
}

function contentOf(file: string | undefined, data: string | undefined): Buffer | undefined {
  if (data) return Buffer.from(data, "base64");
  return file ? readFileSync(file) : undefined;
}

function invalid(message: string, remedy: string, cause?: unknown): KubernetesError {
  return new KubernetesError(message, { code: "KUBE_CONFIG_INVALID", kind: "permanent", remedy, cause });
}
