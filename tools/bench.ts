import { parseArgs } from "node:util";
import { describeError } from "@tenure/core";
import { firstLight } from "../test/benchmark/first-light.ts";
import { leaseBenchmark } from "../test/benchmark/lease/lease-benchmark.ts";
import { type Row, report } from "../test/benchmark/measurement.ts";
import { supervisorBenchmark } from "../test/benchmark/supervisor/supervisor-benchmark.ts";

const benchmarks: Readonly<
  Record<string, (options: { readonly runs: number; readonly say: (line: string) => void }) => Promise<readonly Row[]>>
> = { "first-light": firstLight, lease: leaseBenchmark, supervisor: supervisorBenchmark };

const usage = `usage: pnpm bench ${Object.keys(benchmarks).join("|")} [--runs N] [--json FILE]`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    allowPositionals: true,
    options: { runs: { type: "string", default: "5" }, json: { type: "string" } },
  });
  const benchmark = benchmarks[positionals[0] ?? ""];
  if (benchmark === undefined) throw new TypeError(usage);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new TypeError(`--runs takes a whole number from 1, not "${values.runs}"`);
  await report(await benchmark({ runs, say: (line) => console.error(line) }), values.json);
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(describeError(error));
    process.exit(1);
  },
);
