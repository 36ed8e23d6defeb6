import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cacheDirectory, cachedBuild, formatDuration } from "./build-cache.ts";
import { ControlPlaneError } from "./control-plane-error.ts";
import type { Watchdog } from "./watchdog.ts";

/** A Go module of the project: a directory with go.mod, go.sum and main.go, and the name of the binary it becomes. */
export interface GoModule {
  readonly binary: string;
  readonly directory: string;
  readonly what: string;
  /** How long a first build takes on 2 cores, when nothing that it needs is there yet. */
  readonly takes: string;
  /** Values set at link time, by the name of the variable. */
  readonly variables: (goMod: string) => Readonly<Record<string, string>>;
}

const packageDirectory = fileURLToPath(new URL("..", import.meta.url));

/** etcd, kube-apiserver, kube-controller-manager and kube-scheduler. */
export const controlPlaneModule: GoModule = {
  binary: "control-plane",
  directory: join(packageDirectory, "go"),
  what: "the Kubernetes control plane",
  takes: "5 to 10 minutes",
  variables: (goMod) => {
    // Without a version that parses, clients refuse to talk to the API server, and so do its own controllers.
    const version = /^\s*k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/m.exec(goMod);
    if (version === null) throw new Error("go.mod does not say which version of k8s.io/kubernetes it requires");
    const prefix = "k8s.io/component-base/version";
    return {
      [`${prefix}.gitVersion`]: version[1]!,
      [`${prefix}.gitMajor`]: version[2]!,
      [`${prefix}.gitMinor`]: version[3]!,
    };
  },
};

/** kwok, which plays the kubelets. */
export const simulatedNodesModule: GoModule = {
  binary: "simulated-nodes",
  directory: join(packageDirectory, "kwok"),
  what: "the simulated nodes",
  takes: "1 to 2 minutes",
  variables: () => ({}),
};

/** Go's workspaces, vendoring or flags of whoever calls us must not change what is built. */
function buildEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-buildvcs=false" };
}

async function goVersion(module: GoModule): Promise<string> {
  try {
    const options = { cwd: module.directory, env: buildEnvironment() };
    const { stdout } = await promisify(execFile)("go", ["env", "GOVERSION", "GOOS", "GOARCH"], options);
    return stdout.trim().split("\n").join(" ");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new ControlPlaneError(
      "CONTROL_PLANE_NO_GO",
      missing
        ? `${module.what} must be built first, and there is no Go on this machine to build it with.`
        : `${module.what} must be built first, and the Go of this machine refuses: ${(cause as Error).message.trim()}`,
      "Install Go 1.26 or newer (https://go.dev/dl), or set TENURE_CONTROL_PLANE to a folder with a `control-plane` binary " +
        "built elsewhere, or KUBEBUILDER_ASSETS to a folder with `etcd` and `kube-apiserver`.",
      { cause },
    );
  }
}

/** Changes with every file of the module that Go reads, with Go itself, and with the flags it is given. */
async function buildKey(module: GoModule, go: string, flags: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([go, flags]));
  const sources = (await readdir(module.directory)).filter((name) => /\.go$|^go\.(mod|sum)$/.test(name)).sort();
  for (const name of sources) {
    hash.update(`\0${name}\0`).update(await readFile(join(module.directory, name)));
  }
  return `${module.binary}-${hash.digest("hex").slice(0, 20)}`;
}

/** Runs go, in a process group that ends with us. Resolves with its standard output; `onLine` sees its standard error. */
async function runGo(
  module: GoModule,
  args: readonly string[],
  watchdog: Watchdog,
  onLine: (line: string) => void,
): Promise<string> {
  const child = spawn("go", args, {
    cwd: module.directory,
    env: buildEnvironment(),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const pid = child.pid;
  if (pid !== undefined) watchdog.watch(pid);
  const last: string[] = [];
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    last.push(line);
    if (last.length > 20) last.shift();
    onLine(line);
  });
  const ended = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : `it ended with ${signal ?? code}`));
  });
  if (pid !== undefined) watchdog.forget(pid);
  if (ended !== undefined) {
    throw new ControlPlaneError(
      "CONTROL_PLANE_BUILD_FAILED",
      `go ${args[0]} of ${module.what} failed: ${ended}. The last it said:\n${last.join("\n")}`,
      "Building needs Go 1.26 or newer, 2 GB of memory, 4 GB of disk, and a Go module proxy that can be reached.",
    );
  }
  return output;
}

async function compile(
  module: GoModule,
  flags: readonly string[],
  directory: string,
  watchdog: Watchdog,
  onProgress: (message: string) => void,
): Promise<void> {
  const began = performance.now();
  let doing = "starting";
  const say = (): void => onProgress(`building ${module.what}: ${formatDuration(performance.now() - began)}, ${doing}`);
  onProgress(
    `building ${module.what} from source, once, which can take ${module.takes}; the result is kept in ${cacheDirectory()}`,
  );
  const ticker = setInterval(say, 5_000);
  try {
    let downloaded = 0;
    const packages = await runGo(module, ["list", "-deps", "."], watchdog, () => {
      downloaded += 1;
      doing = `${downloaded} modules downloaded`;
    });
    const total = packages.split("\n").length;
    let compiled = 0;
    doing = `compiling up to ${total} packages`;
    await runGo(module, ["build", "-v", ...flags, "-o", join(directory, module.binary), "."], watchdog, () => {
      compiled += 1;
      // Go prints the package's name when it begins with it. What was compiled for other programs is not compiled again.
      doing = compiled >= total - 1 ? "linking" : `compiled ${compiled} of up to ${total} packages`;
    });
    onProgress(`built ${module.what} in ${formatDuration(performance.now() - began)}`);
  } finally {
    clearInterval(ticker);
  }
}

/** Path of the module's binary in the user's cache, built if need be. See cachedBuild for what happens when several ask. */
export async function goBinary(module: GoModule, onProgress: (message: string) => void): Promise<string> {
  const variables = Object.entries(module.variables(await readFile(join(module.directory, "go.mod"), "utf8")));
  const linkerFlags = ["-s", "-w", ...variables.map(([name, value]) => `-X ${name}=${value}`)].join(" ");
  const flags = ["-trimpath", "-ldflags", linkerFlags];
  const key = await buildKey(module, await goVersion(module), flags);
  const directory = await cachedBuild({
    cacheDirectory: cacheDirectory(),
    key,
    what: module.what,
    build: (unfinished, watchdog) => compile(module, flags, unfinished, watchdog, onProgress),
    onProgress,
  });
  return join(directory, module.binary);
}
