import { heapInUse } from "../conformance/heap-in-use.ts";
import { describeResources } from "../conformance/resource-tracker.ts";
import type { Election } from "./election.ts";

/** Below this the noise of the engine is as large, in bytes. */
const noise = 512 * 1024;

/** More handles than after the first terms, as a renewal that happens to be under way. */
const passing = 5;

/** For all terms, in ms: half of the case's own time limit. */
const budget = 60_000;

export async function survivesManyTerms(election: Election): Promise<string | undefined> {
  const { tracker, options } = election;
  const { terms = 50, heapPerTerm = 8_192 } = options;
  const warmUp = Math.ceil(terms / 5);
  // Node tells late of what is gone.
  const alive = async () => {
    await tracker.settle(options.grace ?? 250);
    return tracker.alive.filter((resource) => !options.ignore?.(resource));
  };
  tracker.begin();
  try {
    const { candidate } = await election.holder();
    let [heapBefore, handlesBefore] = [0, 0];
    const begun = performance.now();
    for (let term = 1; term <= terms; term++) {
      candidate.yield(0);
      const when = ` after ${term} yields without a pause`;
      await election.acquired(candidate, 2, election.acquireWithin, when);
      // What the suite itself remembers is no growth of the elector's.
      candidate.terms.splice(0, 1);
      candidate.told.length = 0;
      const each = (performance.now() - begun) / term;
      if (term < terms && term > 1 && each * terms > budget) {
        const all = Math.round((each * terms) / 1_000);
        return `a term takes ${Math.round(each)} ms, so that ${terms} would take ${all} s: stopped after ${term}; give fewer \`terms\``;
      }
      if (term === warmUp) [heapBefore, handlesBefore] = [await heapInUse(), (await alive()).length];
    }
    const left = await alive();
    if (left.length > handlesBefore + passing) {
      const message = `holds more after ${terms} terms than after ${warmUp}: ${describeResources(left)}`;
      throw election.error("TENURE_LEASE_CONFORMANCE_GROWTH", candidate, message, {
        remedy: "Clear or close it when the term ends.",
      });
    }
    const growth = (await heapInUse()) - heapBefore;
    if (growth <= Math.max(noise, heapPerTerm * (terms - warmUp))) return undefined;
    throw election.error(
      "TENURE_LEASE_CONFORMANCE_GROWTH",
      candidate,
      `keeps ${Math.round(growth / 1024)} kB more after ${terms - warmUp} further terms`,
      { remedy: "Forget what belongs to a term when it has ended; or say what is right by `heapPerTerm`." },
    );
  } finally {
    await election.close();
    tracker.end();
  }
}
