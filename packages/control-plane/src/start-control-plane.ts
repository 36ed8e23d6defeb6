import { readFile, stat, writeFile } from "node:fs/promises";
import { get as httpGet } from "node:http";
import { get as httpsGet } from "node:https";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ApiClient } from "./api-request.ts";
import { type Binaries, type Command, defaultStages, findBinaries } from "./binaries.ts";
import { issueCertificate, keyPem } from "./certificate.ts";
import { ControlPlane, type ControlPlaneParts, endControlPlane } from "./control-plane.ts";
import { ControlPlaneError } from "./control-plane-error.ts";
import { type ClusterCredentials, loadOrCreateCredentials } from "./credentials.ts";
import { type DataDirectory, openDataDirectory, removeLeftovers } from "./data-directory.ts";
import { freePort, isFree, returnPort } from "./free-port.ts";
import { kubeconfigText, writePrivateFile } from "./kubeconfig.ts";
import { identifyProcess, type ProcessIdentity } from "./process-identity.ts";
import {
  apiServerFlags,
  auditPolicy,
  controllerManagerFlags,
  etcdFlags,
  files,
  schedulerFlags,
  simulatedNodesFlags,
} from "./server-flags.ts";
import { ServerProcess } from "./server-process.ts";
import { createNodes, nodesReady } from "./simulated-nodes.ts";
import { Watchdog } from "./watchdog.ts";

export interface ControlPlaneOptions {
  /** Run kube-controller-manager: deployments, garbage collection, the end of namespaces. Default: false, or true with nodes. */
  readonly controllers?: boolean;
  /** Run kube-scheduler. Default: false, or true with nodes. */
  readonly scheduler?: boolean;
  /** How many nodes to simulate, named node-0 and so on. Default 0. More need controllers and scheduler, which then run. */
  readonly nodes?: number;
  /**
   * Where data, credentials and logs are. It is made if it is not there, kept by `stop`, and found again by the next start
   * with the same path, with the same port if that is free. Default: a temporary folder, removed by `stop`.
   */
  readonly dataDirectory?: string;
  /** Of the API server on 127.0.0.1. Default: a free one between 20000 and 32767. */
  readonly port?: number;
  /** Write an audit log of every request. Default false. */
  readonly auditLog?: boolean;
  /** Further flags, which win over ours: "--name=value". */
  readonly apiServerArgs?: readonly string[];
  readonly etcdArgs?: readonly string[];
  readonly controllerManagerArgs?: readonly string[];
  readonly schedulerArgs?: readonly string[];
  /** Milliseconds within which each server must be ready. Default 60,000: twenty times what it takes on an idle machine. */
  readonly readyTimeout?: number;
  /** Told what takes minutes: a build, or waiting for that of another process. Default: writes it to standard error. */
  readonly onProgress?: (message: string) => void;
}

/** Starts with other ports this often when one that was free a moment ago is taken. */
const portAttempts = 5;
/** Milliseconds for an orderly end; etcd takes a few hundred. */
const stopTimeout = 5_000;

interface Resolved extends Required<Omit<ControlPlaneOptions, "dataDirectory" | "port">> {
  readonly dataDirectory: string | undefined;
  readonly port: number | undefined;
}

function resolveOptions(options: ControlPlaneOptions): Resolved {
  const { nodes = 0, readyTimeout = 60_000, port } = options;
  const refuse = (message: string, remedy: string): never => {
    throw new ControlPlaneError("CONTROL_PLANE_INVALID_OPTION", message, remedy);
  };
  if (!Number.isInteger(nodes) || nodes < 0 || nodes > 5_000) {
    refuse(`nodes is ${nodes}.`, "Give a whole number from 0 to 5000.");
  }
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535)) {
    refuse(`port is ${port}.`, "Give a whole number from 1 to 65535, or none for a free port.");
  }
  if (!(readyTimeout > 0)) refuse(`readyTimeout is ${readyTimeout}.`, "Give a number of milliseconds above 0.");
  if (nodes > 0 && (options.controllers === false || options.scheduler === false)) {
    refuse(
      "nodes are wanted, and controllers or the scheduler are not.",
      "Leave `controllers` and `scheduler` out: nodes need both. Or leave out `nodes`.",
    );
  }
  return {
    controllers: options.controllers ?? nodes > 0,
    scheduler: options.scheduler ?? nodes > 0,
    nodes,
    dataDirectory: options.dataDirectory,
    port,
    auditLog: options.auditLog ?? false,
    apiServerArgs: options.apiServerArgs ?? [],
    etcdArgs: options.etcdArgs ?? [],
    controllerManagerArgs: options.controllerManagerArgs ?? [],
    schedulerArgs: options.schedulerArgs ?? [],
    readyTimeout,
    onProgress: options.onProgress ?? ((message) => process.stderr.write(`tenure control plane: ${message}\n`)),
  };
}

/**
 * Starts etcd and an API server on 127.0.0.1, and what else is asked for, and resolves when it can be worked with: the API
 * server is ready and has its default namespace; with controllers, that namespace has its service account; with nodes, they
 * are Ready. This takes about 3 s, after a first build of several minutes. Any number may run at once.
 *
 * Nothing is left when this process ends, however it ends. Throws ControlPlaneError; what had been started is stopped then.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const wanted = resolveOptions(options);
  const binaries = await findBinaries(
    { controllers: wanted.controllers, scheduler: wanted.scheduler, simulatedNodes: wanted.nodes > 0 },
    wanted.onProgress,
  );
  await removeLeftovers();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(wanted, binaries);
    } catch (error) {
      const taken = error instanceof ControlPlaneError && error.code === "CONTROL_PLANE_PORT_TAKEN";
      if (!taken || wanted.port !== undefined || attempt === portAttempts) throw error;
    }
  }
}

async function startOnce(wanted: Resolved, binaries: Binaries): Promise<ControlPlane> {
  const directory = await openDataDirectory(wanted.dataDirectory);
  const ports: number[] = [];
  let watchdog: Watchdog | undefined;
  let parts: ControlPlaneParts | undefined;
  try {
    watchdog = await Watchdog.start();
    if (directory.temporary) watchdog.removeDirectory(directory.path);
    parts = await prepare(wanted, binaries, directory, watchdog, ports);
    await startServers(wanted, parts);
    return new ControlPlane(parts);
  } catch (error) {
    if (parts !== undefined) await endControlPlane(parts);
    else {
      await directory.close();
      await watchdog?.dismiss();
      for (const port of ports) returnPort(port);
    }
    throw error;
  }
}

/** The port given, else the one that this data folder had, if it is free, else any. */
async function choosePort(wanted: Resolved, directory: DataDirectory): Promise<number> {
  if (wanted.port !== undefined) return wanted.port;
  const file = join(directory.path, "port");
  const earlier = Number(await readFile(file, "utf8").catch(() => ""));
  if (earlier > 0 && (await isFree(earlier))) return earlier;
  const port = await freePort();
  await writeFile(file, String(port));
  return port;
}

/** Writes the files that the servers read, and describes the servers. Nothing runs yet. */
async function prepare(
  wanted: Resolved,
  binaries: Binaries,
  directory: DataDirectory,
  watchdog: Watchdog,
  ports: number[],
): Promise<ControlPlaneParts> {
  const credentials = await loadOrCreateCredentials(directory.path);
  const take = async (): Promise<number> => {
    const port = await freePort();
    ports.push(port);
    return port;
  };
  const port = await choosePort(wanted, directory);
  ports.push(port);
  await writeKubeconfigs(directory.path, `https://127.0.0.1:${port}`, credentials);
  if (wanted.auditLog) await writeFile(join(directory.path, files.auditPolicy), auditPolicy);

  const noted: ProcessIdentity[] = [];
  let noting = Promise.resolve();
  const server = (
    name: string,
    command: Command,
    args: readonly string[],
    ready: () => Promise<boolean>,
  ): ServerProcess =>
    new ServerProcess({
      name,
      command,
      args,
      ready,
      directory: directory.path,
      logFile: join(directory.path, "logs", `${name}.log`),
      readyTimeout: wanted.readyTimeout,
      stopTimeout,
      // For the simulated nodes, which would read ~/.kwok otherwise.
      env: { KWOK_WORKDIR: directory.path },
      watchdog,
      onSpawn: async (pid) => {
        const identity = await identifyProcess(pid);
        if (identity !== undefined) noted.push(identity);
        noting = noting.then(() => directory.noteProcesses(noted));
        await noting;
      },
    });
  const authority = credentials.authority.certificate;
  const { controllerManager, scheduler, simulatedNodes } = binaries;
  const optional: { -readonly [Name in keyof ControlPlaneParts["servers"]]?: ServerProcess } = {};
  if (controllerManager !== undefined) {
    const own = await take();
    const flags = controllerManagerFlags(own, wanted.controllerManagerArgs);
    optional.controllerManager = server("kube-controller-manager", controllerManager, flags, () =>
      answers(`https://127.0.0.1:${own}/healthz`, authority),
    );
  }
  if (scheduler !== undefined) {
    const own = await take();
    const flags = schedulerFlags(own, wanted.schedulerArgs);
    optional.scheduler = server("kube-scheduler", scheduler, flags, () =>
      answers(`https://127.0.0.1:${own}/healthz`, authority),
    );
  }
  if (simulatedNodes !== undefined) {
    const own = await take();
    await writeFile(join(directory.path, files.stages), await defaultStages(simulatedNodes));
    optional.simulatedNodes = server("simulated-nodes", simulatedNodes, simulatedNodesFlags(own), () =>
      answers(`http://127.0.0.1:${own}/healthz`, authority),
    );
  }
  const apiFlags = apiServerFlags({
    port,
    controllers: wanted.controllers,
    auditLog: wanted.auditLog,
    extra: wanted.apiServerArgs,
  });
  return {
    servers: {
      etcd: server("etcd", binaries.etcd, [...etcdFlags(), ...wanted.etcdArgs], () => etcdAnswers(directory.path)),
      apiServer: server("kube-apiserver", binaries.apiServer, apiFlags, () =>
        answers(`https://127.0.0.1:${port}/readyz`, authority, credentials.adminToken),
      ),
      ...optional,
    },
    directory,
    credentials,
    watchdog,
    port,
    ports,
    auditLog: wanted.auditLog,
  };
}

async function writeKubeconfigs(directory: string, server: string, credentials: ClusterCredentials): Promise<void> {
  const authority = credentials.authority.certificate;
  const write = (file: string, user: string, credential: Parameters<typeof kubeconfigText>[0]["credential"]) =>
    writePrivateFile(join(directory, file), kubeconfigText({ server, authority, user, credential }));
  await write(files.adminKubeconfig, "admin", { token: credentials.adminToken });
  for (const [file, commonName] of [
    [files.controllerManagerKubeconfig, "system:kube-controller-manager"],
    [files.schedulerKubeconfig, "system:kube-scheduler"],
  ] as const) {
    const { certificate, key } = issueCertificate({ commonName, usage: "client" }, credentials.authority);
    await write(file, commonName, { certificate, key: keyPem(key) });
  }
}

/** Whether the URL answers 200 within 2 s. */
async function answers(url: string, authority: string, token?: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const get = url.startsWith("https:") ? httpsGet : httpGet;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const options = { ca: authority, agent: false, signal: AbortSignal.timeout(2_000), headers };
    get(url, options, (response) => {
      response.on("error", () => {});
      response.resume();
      resolve(response.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}

/** Longer paths do not fit into a socket's address from outside the folder: 104 bytes on macOS, 108 on Linux. */
const longestSocketPath = 100;

/** Whether etcd is healthy; where its socket's path is too long to ask, whether the socket is there. */
async function etcdAnswers(directory: string): Promise<boolean> {
  const socketPath = join(directory, files.etcdSocket);
  if (Buffer.byteLength(socketPath) > longestSocketPath) return (await stat(socketPath)).isSocket();
  return await new Promise((resolve) => {
    httpGet({ socketPath, path: "/health", agent: false, signal: AbortSignal.timeout(2_000) }, (response) => {
      response.on("error", () => {});
      response.resume();
      resolve(response.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}

async function startServers(wanted: Resolved, { servers, credentials, port }: ControlPlaneParts): Promise<void> {
  const { etcd, apiServer, controllerManager, scheduler, simulatedNodes } = servers;
  await etcd.launch();
  // Until the API server is ready, the end of etcd is the better explanation of what is wrong.
  await Promise.race([Promise.all([etcd.start(), apiServer.start()]), failWhenItEnds(etcd, apiServer)]);
  const server = `https://127.0.0.1:${port}`;
  const api = new ApiClient({ server, authority: credentials.authority.certificate, token: credentials.adminToken });
  try {
    await exists(api, "/api/v1/namespaces/default", wanted.readyTimeout);
    await Promise.all([controllerManager?.start(), scheduler?.start(), simulatedNodes?.start()]);
    if (controllerManager !== undefined) {
      await exists(api, "/api/v1/namespaces/default/serviceaccounts/default", wanted.readyTimeout);
    }
    if (wanted.nodes > 0) await nodesReady(api, await createNodes(api, wanted.nodes), wanted.readyTimeout);
  } finally {
    api.close();
  }
}

/** Rejects when `server` ends while `other` is not yet ready. Settles late otherwise, which nobody awaits. */
async function failWhenItEnds(server: ServerProcess, other: ServerProcess): Promise<never> {
  const { code, signal } = await server.exited;
  throw new ControlPlaneError(
    "CONTROL_PLANE_START_FAILED",
    `${server.name} ended (${signal ?? code}) before ${other.name} was ready. ${server.logExcerpt()}`,
    "Look at what it wrote above, and at the flags it was given.",
  );
}

/** Resolves when the object is there; what Kubernetes makes by itself comes a moment after the API server is ready. */
async function exists(api: ApiClient, path: string, timeout: number): Promise<void> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const { status } = await api.send({ path }).catch(() => ({ status: 0 }));
    if (status === 200) return;
    if (performance.now() > deadline) {
      throw new ControlPlaneError(
        "CONTROL_PLANE_START_TIMEOUT",
        `${path} did not appear within ${timeout / 1_000} s (the last answer was ${status}).`,
        "A slow machine may need a longer readyTimeout. With a dataDirectory of your own the logs are kept.",
      );
    }
    await delay(30);
  }
}
