#!/usr/bin/env node
import type { ControlPlane } from "./control-plane.ts";
import { ControlPlaneError } from "./control-plane-error.ts";
import { parseFlags, usage } from "./flags.ts";
import type { ServerProcess } from "./server-process.ts";
import { startControlPlane } from "./start-control-plane.ts";

/** Resolves with why the control plane is to end: a signal, or a server that ended by itself. */
async function reasonToEnd({ servers }: ControlPlane): Promise<{ reason: string; failed: boolean }> {
  return await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      // Once: a second one ends us at once, and the watchdog does the rest.
      process.once(signal, () => resolve({ reason: signal, failed: false }));
    }
    for (const server of Object.values(servers) as ServerProcess[]) {
      void server.exited.then(({ code, signal }) => {
        const reason = `${server.name} ended (${signal ?? code}). ${server.logExcerpt()}\n`;
        resolve({ reason, failed: true });
      });
    }
  });
}

async function main(): Promise<number> {
  const flags = parseFlags(process.argv.slice(2));
  if (flags === "help") {
    process.stdout.write(usage);
    return 0;
  }
  // Until it runs, a signal ends us without ceremony: the watchdog cleans up after the start and after a build alike.
  const began = performance.now();
  const controlPlane = await startControlPlane(flags);
  const ending = reasonToEnd(controlPlane);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(
    [
      `Kubernetes runs at ${controlPlane.url} (ready after ${seconds} s).`,
      "",
      `  export KUBECONFIG=${controlPlane.kubeconfig}`,
      "  kubectl get namespaces",
      "",
      `Data and logs: ${controlPlane.directory}`,
      ...(controlPlane.auditLog === undefined ? [] : [`Audit log: ${controlPlane.auditLog}`]),
      flags.dataDirectory === undefined
        ? "Ctrl-C ends it and removes everything."
        : "Ctrl-C ends it; the data stays for the next start.",
      "",
    ].join("\n"),
  );
  const { reason, failed } = await ending;
  process.stderr.write(`${reason}: ending the control plane\n`);
  await controlPlane.stop();
  return failed ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof ControlPlaneError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.code === "CONTROL_PLANE_INVALID_OPTION" ? 2 : 1;
}
