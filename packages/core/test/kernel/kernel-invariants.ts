import { isLive, type Phase } from "../../src/kernel/phase.ts";
import type { ComponentRecord } from "../../src/kernel/record.ts";
import { assert, type KernelWorld } from "./kernel-world.ts";

/** Phases in which a timer of the phase is pending, always; `stopping` and those with health checks say more. */
const timed: ReadonlySet<Phase> = new Set(["starting", "backoff"]);

/** What holds in every state, whatever has happened. */
export function checkState(world: KernelWorld): void {
  for (const { record, live, timerAt, outageAt } of world.lives) {
    const { name, phase, scope } = record;
    assert(live === isLive(phase), `${name} is ${phase} and ${live ? "lives" : "does not live"}`);
    if (phase === "starting" || phase === "running" || phase === "degraded") {
      assert(scope.state === "held", `${name} is ${phase} while ${scope.name} is ${scope.state}`);
      for (const need of record.needs) assert(need.up, `${name} is ${phase} without ${need.name}`);
    }
    // The incident: what an earlier term has left keeps nothing from running in this one.
    if (record.verdict !== undefined && scope.state === "held") {
      assert(
        record.term === scope.term,
        `${name} is ${record.verdict} since term ${record.term}, and this is ${scope.term}`,
      );
    }
    if (world.ended !== "no") continue;
    assert(timerAt === record.timerAt, `${name} waits for a timer at ${record.timerAt}, and has one at ${timerAt}`);
    assert(outageAt === record.outageAt, `${name} waits for an outage at ${record.outageAt}, not at ${outageAt}`);
    const wantsTimer = timed.has(phase) || (phase === "stopping" && record.stopSent) || isChecked(record);
    assert((timerAt !== undefined) === wantsTimer, `${name} is ${phase} ${wantsTimer ? "without" : "with"} a timer`);
    const out = record.policy.criticalWithin !== undefined && !record.up && isMissed(record);
    assert(
      (outageAt !== undefined) === out,
      `${name} is ${out ? "" : "not "}out and it is ${out ? "not " : ""}counted`,
    );
  }
}

function isMissed({ scope, removed, parent }: ComponentRecord): boolean {
  if (scope.state !== "held" || removed) return false;
  return parent === undefined || ["starting", "running", "degraded"].includes(parent.phase);
}

function isChecked({ phase, checksHealth }: ComponentRecord): boolean {
  return checksHealth && (phase === "running" || phase === "degraded");
}

/**
 * What holds when nothing is left that has to happen: the environment does no more, and what is not as it should be names a cause.
 * A state of this kind is what the incident was about.
 */
export function checkSettled(world: KernelWorld): void {
  const { state } = world;
  if (world.ended !== "no") return;
  assert(state.shutdown === undefined, "the shutdown does not end");
  assert(state.reconfiguration === undefined, "the change of the graph is neither applied nor dropped");
  for (const scope of state.scopes.values()) {
    if (scope.isProcess) assert(scope.state === "held", `the process is ${scope.state}`);
    else if (scope.state === "off") assert(scope.unmetNeeds > 0, `nobody campaigns for ${scope.name}`);
    else assert(scope.state === "held", `${scope.name} is ${scope.state} for ever: ${scope.reason}`);
  }
  for (const { record } of world.lives) {
    assert(!record.held, `${record.name} is held for ever`);
    if (record.scope.state !== "held")
      assert(!record.up || record.verdict === "done", `${record.name} runs without its lease`);
    else assert(hasCause(record), `${record.name} is ${record.phase} for ever: ${record.reason.text}`);
  }
}

/** It runs, or has a fault of its own, or waits for what has one. */
function hasCause(record: ComponentRecord): boolean {
  if (record.up || record.phase === "stuck") return true;
  // A child of it hangs.
  if (record.phase === "idle") return hasStuckChild(record);
  if (record.phase === "failed") return record.verdict === "failed";
  if (record.phase !== "waiting") return false;
  return record.needs.some((need) => !need.up && hasCause(need));
}

function hasStuckChild({ children }: ComponentRecord): boolean {
  return [...(children ?? [])].some((child) => child.phase === "stuck" || hasStuckChild(child));
}
