import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { type Controller, createController, describeError, exitCode, jsonLogger, loadConfig } from "@tenure/core";
import { kubernetesConnection } from "@tenure/kubernetes";
import { kubernetesLease } from "@tenure/lease";
import { manifestApplier } from "@tenure/manifest-applier";
import { stackApplier } from "@tenure/stack-applier";
import { reportLives } from "@tenure/testing";
import { clusterInfo } from "./cluster-info.ts";
import { coreDns } from "./coredns.ts";
import { statusEndpoint } from "./status-endpoint.ts";

const usage = `usage: main.ts --kubeconfig FILE --manifests DIRECTORY [--config FILE] [--node NAME] [--status-port PORT]`;

/** The controller of the example distribution: one process on each control plane node. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kubeconfig: { type: "string" },
      manifests: { type: "string" },
      config: { type: "string", default: new URL("../tenure.yaml", import.meta.url).pathname },
      node: { type: "string" },
      "status-port": { type: "string", default: "0" },
      "log-level": { type: "string", default: "info" },
      /** Where a witness of the tests listens. */
      "report-lives-to": { type: "string" },
    },
  });
  const { kubeconfig, manifests, node } = values;
  const logger = jsonLogger({ level: values["log-level"] === "debug" ? "debug" : "info" });
  const controller: Controller = await createController({
    logger,
    plugins: [
      kubernetesConnection({ ...(kubeconfig && { kubeconfig }) }),
      kubernetesLease({ ...(node && { identity: `${node}_${randomUUID()}` }) }),
      stackApplier(),
      manifestApplier({ ...(manifests && { directory: manifests }), ...(node && { node }) }),
      coreDns(),
      clusterInfo(),
    ],
    components: [
      statusEndpoint({
        port: Number(values["status-port"]),
        snapshot: () => controller.snapshot(),
        listening: (url) => process.stdout.write(`${JSON.stringify({ status: url })}\n`),
      }),
    ],
    config: await loadConfig(values.config),
  });
  if (values["report-lives-to"] !== undefined) {
    reportLives(controller, { port: Number(values["report-lives-to"]), name: node ?? controller.identity });
  }
  // Started by another program, it ends with that, by whatever death.
  process.once("disconnect", () => void controller.stop("the program that started it is gone"));
  await controller.run();
  if (process.connected) process.disconnect();
}

main().catch((error) => {
  process.stderr.write(`${describeError(error)}\n${usage}\n`);
  process.exitCode = exitCode.composition;
});
