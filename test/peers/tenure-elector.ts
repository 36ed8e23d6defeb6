import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Controller, createController, defineComponent, describeError, silentLogger } from "@tenure/core";
import { kubernetesConnection } from "@tenure/kubernetes";
import { kubernetesLease } from "@tenure/lease";
import { monotonic, reportLives } from "@tenure/testing";
import type { ElectorArguments, ElectorEvent } from "./elector-arguments.ts";

/**
 * Our candidates for one or several Leases as a process, each a controller of its own with one component: of the same form as client-go-elector.
 * Its one argument is an `ElectorArguments` as JSON. Lines on its standard input: `stop LEASE`, `yield LEASE MS`, `hang LEASE` (its work will not stop).
 */
const options = JSON.parse(process.argv[2] ?? "{}") as ElectorArguments;
const { identity, workStop = 0, stagger = 0, actEvery, reportLivesTo } = options;
const controllers = new Map<string, Controller>();
const hanging = new Set<string>();

function tell(event: ElectorEvent["event"], lease: string, rest: Partial<ElectorEvent> = {}): void {
  const line: ElectorEvent = { event, lease, identity, at: monotonic(), ...rest };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function createCandidate(lease: string): Promise<Controller> {
  const work = defineComponent({
    name: "work",
    scope: "leader",
    stopTimeout: workStop + 200,
    create: () => {
      let acting: NodeJS.Timeout | undefined;
      return {
        start({ term }) {
          tell("started", lease, { token: term.token });
          if (actEvery === undefined) return;
          acting = setInterval(() => {
            // Read before the question, so that an act is never told later than it was allowed.
            const at = monotonic();
            if (term.held) tell("act", lease, { token: term.token, at });
          }, actEvery);
        },
        async stop() {
          tell("stopping", lease);
          if (hanging.has(lease)) await new Promise(() => {});
          if (workStop > 0) await sleep(workStop);
          clearInterval(acting);
          tell("stopped", lease);
        },
      };
    },
  });
  const controller = await createController({
    plugins: [
      kubernetesLease({ resourceName: lease, namespace: "default", identity, leaseDuration: options.leaseDuration }),
      kubernetesConnection({ kubeconfig: options.kubeconfig }),
    ],
    components: [work],
    logger: silentLogger,
  });
  controller.on("lease.ended", () => tell("stopped-leading", lease));
  controller.on("lease.observed", ({ level, message, fields }) => {
    if (fields?.event === "holder-changed") tell("leader", lease, { leader: String(fields.holder) });
    else if (level === "warn") process.stderr.write(`${lease} ${identity}: ${message}\n`);
  });
  if (reportLivesTo !== undefined) reportLives(controller, { port: reportLivesTo, name: identity });
  return controller;
}

async function stopAll(): Promise<void> {
  await Promise.all([...controllers.values()].map((controller) => controller.stop()));
  tell("ended", "");
  process.stdout.end(() => process.exit(0));
}

async function main(): Promise<void> {
  process.once("SIGTERM", () => void stopAll());
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const [command, lease = "", pause] = line.split(" ");
      const controller = controllers.get(lease);
      if (command === "stop") void controller?.stop();
      if (command === "hang") hanging.add(lease);
      if (command === "yield") controller?.yieldLease("leader", { pause: Number(pause) });
    })
    // The end of whoever started us.
    .on("close", () => void stopAll());
  for (const lease of options.leases) controllers.set(lease, await createCandidate(lease));
  tell("ready", "");
  for (const controller of controllers.values()) {
    controller.start();
    if (stagger > 0) await sleep(stagger);
  }
}

main().catch((error) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(1);
});
