import { heapInUse } from "./heap-in-use.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { describeResources } from "./resource-tracker.ts";

/** One instance in ten may still be held by something that is about to let go. */
const tolerated = 0.1;
/** For all terms, in ms: half of the case's own time limit. */
const budget = 60_000;
/** Terms after which it can be told how long all of them take. */
const sample = 2;
/** Below this the noise of the engine is as large, in bytes. */
const noise = 512 * 1024;

export async function survivesManyTerms(rehearsal: Rehearsal): Promise<string | undefined> {
  const { stage, options } = rehearsal;
  const { terms = 100, heapPerTerm = 8_192, grace = 250 } = options;
  const instances: WeakRef<object>[] = [];
  stage.onLife = (life) => instances.push(new WeakRef(life.instance));
  const warmUp = Math.ceil(terms / 5);
  let heapBefore = 0;
  const begun = performance.now();
  for (let term = 1; term <= terms; term++) {
    await oneLife(rehearsal, term);
    const took = performance.now() - begun;
    if (term < terms && term >= sample && (took / term) * terms > budget) return tooSlow(took / term, term, terms);
    if (term === warmUp) heapBefore = await heapInUse();
  }
  await stage.tracker.settle(grace);
  const left = stage.tracker.alive.filter((resource) => !options.ignore?.(resource));
  if (left.length >= terms * tolerated) {
    throw rehearsal.error("TENURE_CONFORMANCE_GROWTH", `has left, after ${terms} terms: ${describeResources(left)}`, {
      remedy: "Clear or close it in `stop`.",
    });
  }
  const growth = (await heapInUse()) - heapBefore;
  const reachable = instances.filter((instance) => instance.deref() !== undefined).length;
  if (reachable > Math.max(2, terms * tolerated)) {
    const message = `can still be reached in ${reachable} of its ${terms} instances after they have ended`;
    throw rehearsal.error("TENURE_CONFORMANCE_GROWTH", message, {
      remedy: "Take the instance out of what outlives it: lists in modules, emitters, subscriptions to what it needs.",
    });
  }
  const allowed = Math.max(noise, heapPerTerm * (terms - warmUp));
  if (growth <= allowed) return;
  const kilobytes = Math.round(growth / 1024);
  throw rehearsal.error(
    "TENURE_CONFORMANCE_GROWTH",
    `keeps ${kilobytes} kB more after ${terms - warmUp} further terms`,
    {
      remedy: "Keep what an instance learns in the instance, not in its module; or say what is right by `heapPerTerm`.",
    },
  );
}

function tooSlow(each: number, done: number, terms: number): string {
  const all = Math.round((each * terms) / 1_000);
  return `a term of it takes ${Math.round(each)} ms, so that ${terms} would take ${all} s: stopped after ${done}; give fewer \`terms\``;
}

/** A function of its own, so that no variable holds the last life. Every third term is lost at once. */
async function oneLife(rehearsal: Rehearsal, term: number): Promise<void> {
  await rehearsal.end(await rehearsal.start(), term % 3 === 0 ? "take" : "drain");
}
