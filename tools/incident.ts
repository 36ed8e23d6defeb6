import { parseArgs } from "node:util";
import { describeError, parseDuration } from "@tenure/core";
import { type CycleFigures, playIncident, shipFirstStack } from "../test/incident/incident-cycle.ts";
import { IncidentLab } from "../test/incident/incident-lab.ts";

const usage = `usage: pnpm incident [--cycles N] [--lease-duration 15s] [--renew-deadline 10s] [--retry-period 2s]

Replays the loss of a lease on a real API server with real processes, and fails if the cluster differs from the directory,
if components of two controllers ever ran at once, or if a component does not run on the leader.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    options: {
      cycles: { type: "string", default: "1" },
      "lease-duration": { type: "string", default: "15s" },
      "renew-deadline": { type: "string", default: "10s" },
      "retry-period": { type: "string", default: "2s" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const cycles = Number(values.cycles);
  if (!Number.isInteger(cycles) || cycles < 1)
    throw new TypeError(`--cycles takes a whole number from 1, not "${values.cycles}"`);
  const times = {
    leaseDuration: durationOf("lease-duration", values["lease-duration"]),
    renewDeadline: durationOf("renew-deadline", values["renew-deadline"]),
    retryPeriod: durationOf("retry-period", values["retry-period"]),
  };
  const lab = await IncidentLab.start(times, (line) => console.log(line));
  const onSignal = () => void lab.stop().then(() => process.exit(130));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  let failed = true;
  try {
    await lab.changeEverywhere(shipFirstStack);
    const figures: CycleFigures[] = [];
    for (let number = 1; number <= cycles; number++) {
      console.log(`\ncycle ${number} of ${cycles}`);
      const cut = number % 2 === 1 ? "black-hole" : "reset";
      figures.push(await playIncident(lab, { number, cut, times }, (line) => console.log(`  ${line}`)));
    }
    failed = false;
    console.log(
      `\n${cycles} of ${cycles} cycles: every change is in the cluster, no two controllers ever ran at once.`,
    );
    print(figures);
  } finally {
    if (failed) console.error(`the logs are kept in ${lab.directory}`);
    await lab.stop(failed);
  }
}

function durationOf(name: string, text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined) throw new TypeError(`--${name} takes a duration such as 15s, not "${text}"`);
  return duration;
}

function print(figures: readonly CycleFigures[]): void {
  const names = {
    cutToStopped: "cut → all components stopped",
    cutToAnotherLeads: "cut → another leads",
    regainToApplied: "regain → change applied",
    editToApplied: "edit → applied",
  } as const;
  for (const [key, name] of Object.entries(names)) {
    const sorted = figures.map((figure) => figure[key as keyof CycleFigures]).sort((left, right) => left - right);
    const at = (share: number) =>
      `${((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) / 1_000).toFixed(2)} s`;
    console.log(`  ${name.padEnd(30)} median ${at(0.5)}, from ${at(0)} to ${at(1)}`);
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(describeError(error));
    process.exit(1);
  },
);
