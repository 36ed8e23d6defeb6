import { parseArgs } from "node:util";
import { type Controller, createController, describeError, exitCode, jsonLogger, loadConfig } from "@tenure/core";
import { reportLives } from "@tenure/testing";
import { distributionPlugins } from "./plugins.ts";
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
  const load = () => loadConfig(values.config);
  const controller: Controller = await createController({
    logger,
    plugins: distributionPlugins({
      ...(kubeconfig && { kubeconfig }),
      ...(manifests && { manifests }),
      ...(node && { node }),
    }),
    components: [
      statusEndpoint({
        port: Number(values["status-port"]),
        snapshot: () => controller.snapshot(),
        listening: (url) => process.stdout.write(`${JSON.stringify({ status: url })}\n`),
      }),
    ],
    config: await load(),
  });
  if (values["report-lives-to"] !== undefined) {
    reportLives(controller, { port: Number(values["report-lives-to"]), name: node ?? controller.identity });
  }
  // Started by another program, it ends with that, by whatever death.
  process.once("disconnect", () => void controller.stop("the program that started it is gone"));
  // SIGHUP reads the configuration anew.
  await controller.run({ reload: load });
  if (process.connected) process.disconnect();
}

main().catch((error) => {
  process.stderr.write(`${describeError(error)}\n${usage}\n`);
  process.exitCode = exitCode.composition;
});
