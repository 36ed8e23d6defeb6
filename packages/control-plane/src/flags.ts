import { parseArgs } from "node:util";
import { ControlPlaneError } from "./control-plane-error.ts";
import type { ControlPlaneOptions } from "./start-control-plane.ts";

export const usage = `Runs a Kubernetes control plane on this machine until it is interrupted.

Usage: tenure-control-plane [flags]

  --controllers            run kube-controller-manager (implied by --nodes)
  --scheduler              run kube-scheduler (implied by --nodes)
  --nodes N                simulate N nodes, named node-0 and so on; default 0
  --port N                 of the API server on 127.0.0.1; default: a free one
  --data-directory DIR     keep data, credentials and logs there; default: a temporary folder, removed at the end
  --audit-log              log every request, one JSON object a line
  --help                   print this

The binaries are those of TENURE_CONTROL_PLANE or KUBEBUILDER_ASSETS where one is set. Otherwise they are built from source
with Go 1.26 or newer, once, into the user's cache.
`;

function wholeNumber(flag: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw invalid(`--${flag} wants a whole number, not "${text}".`);
}

function invalid(message: string, cause?: unknown): ControlPlaneError {
  return new ControlPlaneError("CONTROL_PLANE_INVALID_OPTION", message, "See --help for the flags.", { cause });
}

/** What the command's arguments ask for. Throws CONTROL_PLANE_INVALID_OPTION for what it does not know. */
export function parseFlags(args: readonly string[]): ControlPlaneOptions | "help" {
  const { values } = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: {
          controllers: { type: "boolean" },
          scheduler: { type: "boolean" },
          nodes: { type: "string" },
          port: { type: "string" },
          "data-directory": { type: "string" },
          "audit-log": { type: "boolean" },
          help: { type: "boolean", short: "h" },
        },
      });
    } catch (cause) {
      // Node's message goes on after the first sentence with advice on positional arguments, which we have none of.
      throw invalid(`${(cause as Error).message.split(". ")[0]}.`, cause);
    }
  })();
  if (values.help === true) return "help";
  const directory = values["data-directory"];
  if (directory === "") throw invalid("--data-directory wants a path.");
  return {
    ...(values.controllers === true ? { controllers: true } : {}),
    ...(values.scheduler === true ? { scheduler: true } : {}),
    ...(values.nodes === undefined ? {} : { nodes: wholeNumber("nodes", values.nodes) }),
    ...(values.port === undefined ? {} : { port: wholeNumber("port", values.port) }),
    ...(directory === undefined ? {} : { dataDirectory: directory }),
    ...(values["audit-log"] === true ? { auditLog: true } : {}),
  };
}
