import { execFile } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Command } from "./contestant.ts";

/** Whom we compare with. */
export interface Peer {
  readonly id: "effect" | "avvio" | "backstage" | "backstage-plugins" | "suture" | "dskit" | "fx" | "otp";
  /** With its version. */
  readonly name: string;
  /** What is different about how it does the same, for the notes. */
  readonly differs: string | undefined;
  /** Text: why it cannot be run on this machine. */
  readonly command: Command | string;
}

const here = import.meta.dirname;
const run = promisify(execFile);

/** Of a program in Node: the sources of the project are resolved, and a collection of the heap can be asked for. */
export function nodeCommand(file: string, ...args: readonly string[]): Command {
  return { file: process.execPath, args: ["--expose-gc", "--conditions=@tenure/source", join(here, file), ...args] };
}

/** Installs the peers from npm, builds those in Go into `directory`, looks for Erlang. What is missing is said in the peer, not thrown. */
export async function preparePeers(directory: string, say: (line: string) => void): Promise<readonly Peer[]> {
  return [...(await npmPeers(say)), ...(await goPeers(directory, say)), await otpPeer()];
}

export async function makeBuildDirectory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), "tenure-benchmark-"));
}

async function npmPeers(say: (line: string) => void): Promise<readonly Peer[]> {
  const directory = join(here, "peers");
  const { dependencies } = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  say("installing the peers from npm");
  const install = ["install", "--ignore-workspace", "--frozen-lockfile"];
  const missing = await attempt(async () => {
    const { npm_execpath: pnpm } = process.env;
    if (pnpm === undefined || !/pnpm$/.test(pnpm)) await run("npx", ["-y", "pnpm@12", ...install], { cwd: directory });
    else await run(pnpm, install, { cwd: directory });
  });
  const backstage = `Backstage ${dependencies["@backstage/backend-app-api"]}`;
  const command = (...args: Parameters<typeof nodeCommand>) => missing ?? nodeCommand(...args);
  return [
    {
      id: "effect",
      name: `effect ${dependencies.effect}`,
      differs: undefined,
      command: command("peers/effect.mjs"),
    },
    {
      id: "avvio",
      name: `avvio ${dependencies.avvio}`,
      differs: "one after the other",
      command: command("peers/avvio.mjs"),
    },
    {
      id: "backstage",
      name: backstage,
      differs: "modules of one plugin",
      command: command("peers/backstage.mjs", "modules"),
    },
    {
      id: "backstage-plugins",
      name: `${backstage} plugins`,
      differs: "flat",
      command: command("peers/backstage.mjs", "plugins"),
    },
  ];
}

async function goPeers(directory: string, say: (line: string) => void): Promise<readonly Peer[]> {
  const cwd = join(here, "peers-go");
  const file = join(directory, "peers");
  const goMod = await readFile(join(cwd, "go.mod"), "utf8");
  say("building the peers in Go");
  const missing = await attempt(async () => {
    const env = { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-buildvcs=false" };
    await run("go", ["build", "-o", file, "."], { cwd, env });
  });
  const peer = (id: Peer["id"], module: string, differs: string): Peer => {
    // Of an unreleased version the first digits of its commit say enough.
    const version = goMod.match(new RegExp(`${module} v(\\S+)`))?.[1]?.replace(/^0\.0\.0-\d+-(.{7}).*/, "$1") ?? "";
    return { id, name: `${id} ${version}`, differs, command: missing ?? { file, args: [id] } };
  };
  return [
    peer("suture", "github.com/thejerf/suture/v4", "flat"),
    peer("dskit", "github.com/grafana/dskit", "fan-in 1"),
    peer("fx", "go.uber.org/fx", "one after the other"),
  ];
}

async function otpPeer(): Promise<Peer> {
  let name = "Erlang/OTP";
  const missing = await attempt(async () => {
    const release = 'io:format("~s", [erlang:system_info(otp_release)]), halt().';
    name = `OTP ${(await run("erl", ["-noshell", "-eval", release])).stdout}`;
  });
  const command = missing ?? { file: "escript", args: [join(here, "peers-erlang/otp.escript")] };
  return { id: "otp", name, differs: "flat, one after the other", command };
}

/** @returns why it did not work */
async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "not installed" : `could not be prepared: ${message.split("\n").slice(0, 3).join(" ")}`;
  }
}
