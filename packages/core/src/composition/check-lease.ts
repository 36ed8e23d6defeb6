import { describeStopChain, type StopChain } from "../graph/stop-chain.ts";
import type { LeaseDefinition } from "../lease/define-lease.ts";
import { drainPoint } from "../lease/lease-elector.ts";
import { processScope } from "../term/term.ts";
import { checkTokens, nameProblems } from "./check-definition.ts";
import type { CompositionProblem } from "./composition-error.ts";
import { describeValue, mapping, milliseconds, type Report } from "./option-rules.ts";

const timing = mapping(
  {
    leaseDuration: milliseconds(1),
    renewDeadline: milliseconds(1),
    retryPeriod: milliseconds(1),
    safetyMargin: milliseconds(0),
  },
  ["leaseDuration", "renewDeadline", "retryPeriod", "safetyMargin"],
);

/** What is wrong with a lease by itself. */
export function leaseProblems(lease: LeaseDefinition, who: string): readonly CompositionProblem[] {
  const problems: CompositionProblem[] = [...nameProblems(lease.name, who, "lease")];
  if (lease.name === processScope) {
    problems.push({
      code: "TENURE_BAD_NAME",
      message: `a lease is called "${processScope}", which is the scope of the process`,
      remedy: "Give the lease another name.",
    });
  }
  const report: Report = (path, message, remedy = "Correct the lease's definition.") => {
    problems.push({ code: "TENURE_BAD_OPTION", message: `${who}: ${path} ${message}`, remedy });
  };
  timing(lease.timing, "timing", report);
  if (typeof lease.create !== "function") report("create", `must be a function; it is ${describeValue(lease.create)}`);
  checkTokens(lease.needs, "needs", report);
  return problems;
}

/**
 * Draining must begin late enough that one failed renewal, retried after a retry period, does not cost the lease; and early
 * enough that the longest chain of stops ends before the right to act does.
 */
export function stopBudgetProblems(lease: LeaseDefinition, chain: StopChain): readonly CompositionProblem[] {
  const { leaseDuration, safetyMargin, retryPeriod, renewDeadline } = lease.timing;
  const point = drainPoint(lease.timing, chain.total);
  const least = 2 * retryPeriod;
  if (point >= least) return [];
  if (renewDeadline < least) {
    return [
      {
        code: "TENURE_BAD_OPTION",
        message: `lease "${lease.name}": timing.renewDeadline (${renewDeadline} ms) is less than two retry periods (${least} ms), so one failed renewal would cost the lease`,
        remedy: "Lengthen the renew deadline, or shorten the retry period.",
      },
    ];
  }
  return [
    {
      code: "TENURE_STOP_CHAIN_TOO_LONG",
      message:
        `lease "${lease.name}": ${leaseDuration} ms of lease − ${safetyMargin} ms of safety margin − ${chain.total} ms for ` +
        `stopping leave ${point} ms to renew it, less than two retry periods (${least} ms). The longest chain of stops: ` +
        (describeStopChain(chain) || "none"),
      remedy: "Shorten the stop timeouts along the chain, or lengthen the lease.",
    },
  ];
}
