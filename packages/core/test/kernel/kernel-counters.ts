import { isLive } from "../../src/kernel/phase.ts";
import type { ComponentRecord, KernelState } from "../../src/kernel/record.ts";

/** Every counter and flag that the kernel keeps beside its edges is what a walk over the graph finds. */
export function checkCounters(state: KernelState): void {
  const records = [...state.components.values()];
  for (const record of records) {
    const { needs, after, neededBy, afteredBy } = record;
    same(record, "unmetNeeds", needs.filter((need) => !need.up).length);
    same(record, "stalledNeeds", needs.filter((need) => need.stalled).length);
    same(record, "unsettled", after.filter((earlier) => !earlier.settled).length);
    const leases = [...(record.neededByLeases ?? [])].filter((lease) => lease.state !== "off").length;
    const blocks = (other: ComponentRecord) => isLive(other.phase) && other.phase !== "stuck";
    same(record, "blockers", [...(neededBy ?? [])].filter(blocks).length + leases);
    same(record, "orderBlockers", [...(afteredBy ?? [])].filter((other) => other.phase === "stopping").length);
    same(record, "liveChildren", [...(record.children ?? [])].filter(blocks).length);
    const doing = record.phase === "running" || record.phase === "degraded";
    const done =
      record.verdict === "done" ||
      ((record.phase === "stopping" || record.phase === "stuck") && record.outcome?.kind === "done");
    same(record, "up", doing || done);
    const failed = record.phase === "backoff" || record.phase === "failed" || record.phase === "stuck";
    same(
      record,
      "stalled",
      !record.up && (failed || (record.phase === "waiting" && needs.some((need) => need.stalled))),
    );
    same(record, "settled", record.up || record.stalled || (record.phase === "idle" && !record.held));
  }
  for (const scope of state.scopes.values()) {
    const members = records.filter((record) => record.scope === scope);
    same(scope, "live", members.filter((record) => isLive(record.phase)).length);
    same(scope, "stuck", members.filter((record) => record.phase === "stuck").length);
    same(scope, "unmetNeeds", scope.needs.filter((need) => !need.up).length);
  }
}

function same<T extends { readonly name: string }, K extends keyof T>(owner: T, key: K, expected: T[K]): void {
  if (owner[key] !== expected) {
    throw new Error(
      `invariant: ${String(key)} of ${owner.name} is ${String(owner[key])}, a walk finds ${String(expected)}`,
    );
  }
}
