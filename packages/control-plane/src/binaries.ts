import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ControlPlaneError } from "./control-plane-error.ts";
import { controlPlaneModule, type GoModule, goBinary, simulatedNodesModule } from "./go-build.ts";

/** How to run a server: a file, and the arguments that come before the server's own. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

export interface Binaries {
  readonly etcd: Command;
  readonly apiServer: Command;
  readonly controllerManager?: Command;
  readonly scheduler?: Command;
  readonly simulatedNodes?: Command;
}

/** Which servers are wanted besides etcd and the API server. */
export interface WantedServers {
  readonly controllers: boolean;
  readonly scheduler: boolean;
  readonly simulatedNodes: boolean;
}

async function executable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function named(directory: string, binary: string, variable: string): Promise<string> {
  const file = join(directory, binary);
  if (await executable(file)) return file;
  throw new ControlPlaneError(
    "CONTROL_PLANE_BINARY_MISSING",
    `${variable} names ${directory}, which has no executable \`${binary}\`.`,
    `Put ${binary} there, or unset ${variable} so that it is built from source.`,
  );
}

/** TENURE_CONTROL_PLANE: our combined binary, or the folder it is in. Either may have the simulated nodes beside it. */
async function ownBuild(path: string, module: GoModule): Promise<string | undefined> {
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (module === simulatedNodesModule) {
    const beside = join(isDirectory ? path : dirname(path), module.binary);
    return (await executable(beside)) ? beside : undefined;
  }
  if (isDirectory) return await named(path, module.binary, "TENURE_CONTROL_PLANE");
  if (await executable(path)) return path;
  throw new ControlPlaneError(
    "CONTROL_PLANE_BINARY_MISSING",
    `TENURE_CONTROL_PLANE names ${path}, which is neither a folder nor an executable file.`,
    "Name the `control-plane` binary or the folder it is in, or unset TENURE_CONTROL_PLANE so that it is built from source.",
  );
}

/**
 * Finds the servers' binaries. In order: `TENURE_CONTROL_PLANE`, `KUBEBUILDER_ASSETS` (the folder of envtest: `etcd`,
 * `kube-apiserver` and, if they are wanted, `kube-controller-manager` and `kube-scheduler`), the user's cache, a build from
 * source into that cache. Simulated nodes come from the first or the last two only, as envtest has none.
 */
export async function findBinaries(
  wanted: WantedServers,
  onProgress: (message: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Binaries> {
  const own = env.TENURE_CONTROL_PLANE || undefined;
  const assets = env.KUBEBUILDER_ASSETS || undefined;
  let command: (server: string) => Promise<Command>;
  if (own === undefined && assets !== undefined) {
    command = async (server) => ({ file: await named(assets, server, "KUBEBUILDER_ASSETS"), args: [] });
  } else {
    const file =
      own === undefined
        ? await goBinary(controlPlaneModule, onProgress)
        : ((await ownBuild(own, controlPlaneModule)) as string);
    command = async (server) => ({ file, args: [server] });
  }
  return {
    etcd: await command("etcd"),
    apiServer: await command("kube-apiserver"),
    ...(wanted.controllers ? { controllerManager: await command("kube-controller-manager") } : {}),
    ...(wanted.scheduler ? { scheduler: await command("kube-scheduler") } : {}),
    ...(wanted.simulatedNodes
      ? {
          simulatedNodes: {
            file:
              (own === undefined ? undefined : await ownBuild(own, simulatedNodesModule)) ??
              (await goBinary(simulatedNodesModule, onProgress)),
            args: [],
          },
        }
      : {}),
  };
}

/** kwok's own account of what nodes and pods go through, as YAML for its --config. */
export async function defaultStages(simulatedNodes: Command): Promise<string> {
  const { stdout } = await promisify(execFile)(simulatedNodes.file, [...simulatedNodes.args, "stages"]);
  return stdout;
}
