import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { describeError, parseDuration } from "@tenure/core";
import { playCycles } from "../test/lease-cycles/play-cycles.ts";

const usage = `usage: pnpm lease-cycles [--cycles 1000] [--candidates 2] [--lease 1s] [--seed N]

Loses and regains a lease on a real API server, by candidates that are processes, each way in turn, and fails if two ever worked at once
or nobody works again. The seed replays the order of the losses.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    options: {
      cycles: { type: "string", default: "1000" },
      candidates: { type: "string", default: "2" },
      lease: { type: "string", default: "1s" },
      seed: { type: "string", default: String(randomInt(2 ** 31)) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const leaseDuration = parseDuration(values.lease);
  if (leaseDuration === undefined) throw new TypeError(`--lease takes a duration such as 1s, not "${values.lease}"`);
  await playCycles({
    cycles: wholeNumber("cycles", values.cycles, 1),
    candidates: wholeNumber("candidates", values.candidates, 2),
    leaseDuration,
    seed: wholeNumber("seed", values.seed, 0),
    say: (line) => console.log(line),
    onProgress: (line) => console.error(line),
  });
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new TypeError(`--${name} takes a whole number from ${least}, not "${text}"`);
  return value;
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(describeError(error));
    process.exit(1);
  },
);
