import { spawnSync } from "node:child_process";
import { startVitest } from "vitest/node";
import { ClosingLineReporter } from "./closing-line.ts";

/**
 * `pnpm test`: format and lint, build, types of the tests, then every test, against the real control plane where a test asks for it.
 * Arguments are filters for vitest. Ends with a line `N passed, N failed`.
 */
const checks: readonly (readonly [string, ...string[]])[] = [
  ["biome", "check", "--error-on-warnings", "."],
  ["tsc", "-b"],
  ["tsc", "-p", "tsconfig.test.json"],
];

const filters = process.argv.slice(2).filter((argument) => argument !== "--");
let failedChecks = 0;
for (const [command, ...args] of filters.length > 0 ? [] : checks) {
  console.log(`> ${command} ${args.join(" ")}`);
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) failedChecks++;
}

const closing = new ClosingLineReporter();
const vitest = await startVitest("test", filters, { run: true, watch: false, reporters: ["default", closing] });
await vitest.close();
closing.failed += failedChecks;
console.log(closing.line);
process.exit(closing.failed > 0 || closing.passed === 0 ? 1 : 0);
