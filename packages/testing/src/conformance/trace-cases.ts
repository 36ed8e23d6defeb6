import { setTimeout as sleep } from "node:timers/promises";
import { settled } from "../virtual-clock.ts";
import { abortListeners, type ObservedLife } from "./observed-component.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { type CreatedResource, describeResources } from "./resource-tracker.ts";

/** More on one signal than Node itself finds normal on one emitter: one is added for every piece of work, and none is removed. */
const usualListeners = 10;
/** What the process holds as a whole, whoever made it; timers aside, which come and go in a test runner. */
const heldTypes = /Server|Socket|TTY|Pipe|Process|FSEvent|StatWatcher|UDP|Signal/;

export async function leavesNoResources(rehearsal: Rehearsal): Promise<undefined> {
  const { stage, options } = rehearsal;
  const before = heldByProcess();
  await rehearsal.end(await rehearsal.start());
  const aborted = await stage.begin();
  stage.end("drain");
  await rehearsal.ended(aborted);
  // Before the controller stops: what an instance leaves behind must be gone while what it needs still runs.
  await stage.tracker.settle(options.grace ?? 250);
  const left = stage.tracker.alive.filter((resource) => !options.ignore?.(resource));
  if (left.length > 0) throw leftBehind(rehearsal, left);
  await stage.close();
  const more = await excess(before, options.grace ?? 250);
  if (more.length === 0) return;
  throw rehearsal.error("TENURE_CONFORMANCE_RESOURCE", `left the process with more than before: ${more.join(", ")}`, {
    remedy: "Close in `stop` what `start` has opened; or close what the fakes of its needs have opened.",
  });
}

function leftBehind(rehearsal: Rehearsal, left: readonly CreatedResource[]): Error {
  return rehearsal.error("TENURE_CONFORMANCE_RESOURCE", `left behind, after two lives: ${describeResources(left)}`, {
    remedy: "Clear or close it in `stop`, also when `start` was aborted; pass `context.signal` to what takes one.",
  });
}

function heldByProcess(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    if (heldTypes.test(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

/** Nothing tells when a handle of somebody else's has closed: it is looked again until the grace is over. */
async function excess(before: ReadonlyMap<string, number>, grace: number): Promise<readonly string[]> {
  for (let waited = 0; ; waited += 10) {
    const more = [...heldByProcess()].flatMap(([type, count]) => {
      const added = count - (before.get(type) ?? 0);
      return added > 0 ? [`${added} × ${type}`] : [];
    });
    if (more.length === 0 || waited >= grace) return more;
    await sleep(10);
  }
}

export async function leavesNoListeners(rehearsal: Rehearsal): Promise<undefined> {
  const before = processListeners();
  const life = await rehearsal.start();
  const waiting = life.context === undefined ? 0 : abortListeners(life.context.signal);
  if (waiting > usualListeners) {
    throw rehearsal.error("TENURE_CONFORMANCE_LISTENER", `has ${waiting} listeners on its context.signal`, {
      remedy: "Remove the listener when what it was for has ended, or have one for all.",
    });
  }
  await rehearsal.end(life);
  await settled();
  checkTermSignal(rehearsal, life);
  const added = [...processListeners()].flatMap(([event, count]) => {
    const more = count - (before.get(event) ?? 0);
    return more > 0 ? [`${more} for "${String(event)}"`] : [];
  });
  if (added.length === 0) return;
  throw rehearsal.error("TENURE_CONFORMANCE_LISTENER", `left listeners on process: ${added.join(", ")}`, {
    remedy: "Remove them in `stop`; signals and unhandled errors are the controller's, which needs no help.",
  });
}

/** The term goes on after the instance: a restart within it adds another listener, and each holds its instance. */
function checkTermSignal(rehearsal: Rehearsal, life: ObservedLife): void {
  const left = (life.termListenersAfter ?? 0) - life.termListenersBefore;
  if (left <= 0) return;
  throw rehearsal.error(
    "TENURE_CONFORMANCE_LISTENER",
    `left ${left} listener${left > 1 ? "s" : ""} on its term.signal`,
    {
      remedy: "Listen to `context.signal`, which ends with the instance; or remove the listener in `stop`.",
    },
  );
}

function processListeners(): ReadonlyMap<string | symbol, number> {
  return new Map(process.eventNames().map((event) => [event, process.listenerCount(event)]));
}

/** Reported when it is over: then whatever came until its controller had stopped, and in the cases before it, is known. */
export async function leavesNoErrorUnhandled(rehearsal: Rehearsal): Promise<undefined> {
  const { stage, options } = rehearsal;
  await rehearsal.end(await rehearsal.start(), "take");
  const aborted = await stage.begin();
  stage.end("drain");
  await rehearsal.ended(aborted);
  await sleep(options.watch ?? 100);
  // A timer that is left may be about to throw.
  await stage.tracker.settle(options.grace ?? 250);
}

export async function writesNothingAfterItsTerm(rehearsal: Rehearsal): Promise<string | undefined> {
  const { writes, watch = 100 } = rehearsal.options;
  if (writes === undefined) return "no `writes` were given, which tell how many it has sent";
  const life = await rehearsal.start();
  let atTheEnd: number | undefined;
  life.term.signal.addEventListener("abort", () => {
    atTheEnd ??= writes();
  });
  await rehearsal.end(life, "take");
  await settled();
  await sleep(watch);
  const late = writes() - (atTheEnd ?? 0);
  if (late <= 0) return undefined;
  throw rehearsal.error("TENURE_CONFORMANCE_WRITE", `wrote ${late} times after its term had ended`, {
    remedy:
      "Pass `context.term` to what writes, or call term.assertHeld() when you send; end loops by `context.signal`.",
  });
}
