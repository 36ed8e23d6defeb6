import type { KernelEvent } from "../../src/kernel/event.ts";
import type { Choice } from "./kernel-world.ts";
import type { Elector } from "./world-elector.ts";
import type { Life } from "./world-life.ts";

/** What the elector of one lease may do next. */
export function addLeaseChoices(choices: Choice[], elector: Elector, lives: readonly Life[]): void {
  const { name: lease, state, term, leaving } = elector;
  if (state === "standby") {
    // A grant may cross with the withdrawal.
    choices.push({ event: { type: "lease.granted", lease, term: term + 1 }, fault: leaving });
    if (leaving) choices.push({ event: { type: "lease.withdrawn", lease }, fault: false });
  } else if (state === "held") {
    const asked = leaving || lives.some((life) => life.yieldAsked && life.record.scope === elector.scope);
    choices.push({ event: { type: "lease.draining", lease, term, reason: "late" }, fault: !asked });
    choices.push({ event: { type: "lease.ended", lease, term, reason: "another holder" }, fault: true });
    for (const { record, yieldAsked } of lives) {
      if (!yieldAsked || record.scope !== elector.scope) continue;
      choices.push({ event: { type: "yield-refused", component: record.name, term, reason: "kept" }, fault: true });
    }
  } else if (state === "draining") {
    // Released once drained; before that the term can still run out.
    const drained = elector.drained === term;
    choices.push({
      event: { type: "lease.ended", lease, term, reason: drained ? "released" : "ran out" },
      fault: !drained,
    });
  }
}

/** What may become of one component next. */
export function addLifeChoices(choices: Choice[], { record, checksHealth, ...life }: Life): void {
  const { name: component, instance, phase } = record;
  const add = (event: KernelEvent, fault: boolean) => void choices.push({ event, fault });
  // A start, stop or health check that takes too long is a fault; a back-off that is over is not.
  if (life.timerAt !== undefined) {
    add({ type: "timer", component, timer: "phase", at: life.timerAt }, phase !== "backoff");
  }
  // That it is pending while a critical component is down is an invariant; to fire at once, before anything can start, is a fault.
  if (life.outageAt !== undefined) add({ type: "timer", component, timer: "outage", at: life.outageAt }, true);
  if (!life.live) return;
  if (life.stopAsked) {
    // One that has hung for too long may hang for ever.
    add({ type: "stopped", component, instance }, phase === "stuck");
    return;
  }
  if (phase !== "starting" && phase !== "running" && phase !== "degraded") return;
  if (!life.started) {
    add({ type: "started", component, instance, checksHealth }, false);
    add({ type: "start-failed", component, instance, error: "no" }, true);
  }
  if (life.checking) {
    add({ type: "health", component, instance, ok: true }, true);
    add({ type: "health", component, instance, ok: false }, true);
  }
  add({ type: "crashed", component, instance, error: "boom" }, true);
  add({ type: "done", component, instance }, true);
}
