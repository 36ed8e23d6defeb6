import type { ComponentSnapshot, ControllerSnapshot } from "../controller/snapshot.ts";
import { sortGraph } from "../graph/dependency-graph.ts";
import { type StartTimes, startTimes } from "./start-times.ts";

/** Components each of which waited for the one before it, up to the one that ran last after its turn had come. */
export interface CriticalChain {
  readonly scope: string;
  /** From when the first was due until the last ran, in ms; when the last still starts, until now. */
  readonly total: number;
  /** Whether the last still starts. */
  readonly pending: boolean;
  /** In the order of their starts. */
  readonly links: readonly CriticalLink[];
}

export interface CriticalLink {
  readonly name: string;
  /** When its start began, in ms from the beginning of the chain. */
  readonly began: number;
  /** How long its start took, in ms. */
  readonly took: number;
}

/** Where a chain up to a component stands. */
interface Chained {
  readonly component: ComponentSnapshot;
  readonly times: StartTimes;
  readonly previous: Chained | undefined;
  /** When the first of the chain was due. */
  readonly origin: number;
  readonly length: number;
}

/** Differences of durations are not exact to the last bit. Far below what a clock tells. */
const tolerance = 0.001;

/**
 * The chain of `needs` and `after` that determined when the slowest component of the scope ran: to make that one run sooner, one of these
 * must start faster. Follows each component to the dependency that was ready last, as long as it was waited for. After a restart the chain
 * is that of the restart. Without children, which are spawned at any time, and without starts that failed.
 *
 * @param scope `process` or the name of a lease.
 * @returns undefined when nothing of the scope is up or starts.
 */
export function criticalChain(snapshot: ControllerSnapshot, scope: string): CriticalChain | undefined {
  const members = snapshot.components.filter(
    (component) => component.scope === scope && component.parent === undefined,
  );
  const nodes = members.map((component) => ({
    name: component.name,
    before: [...component.needs, ...component.after],
    component,
  }));
  const sorted = sortGraph(nodes);
  // The composition has refused cycles: only a snapshot that somebody wrote by hand has one.
  const order = "order" in sorted ? sorted.order : nodes;
  const chains = new Map<string, Chained>();
  let worst: Chained | undefined;
  for (const { component, before } of order) {
    const times = startTimes(component, snapshot.at);
    if (times === undefined) continue;
    const previous = waitedFor(
      before.flatMap((name) => chains.get(name) ?? []),
      times,
    );
    const chain: Chained = {
      component,
      times,
      previous,
      origin: previous?.origin ?? times.due,
      length: (previous?.length ?? 0) + 1,
    };
    chains.set(component.name, chain);
    if (worst === undefined || isLonger(chain, worst)) worst = chain;
  }
  return worst && describe(worst, scope);
}

/** Of its dependencies the one that was ready last, if that was not before it was due itself. */
function waitedFor(dependencies: readonly Chained[], { due, began }: StartTimes): Chained | undefined {
  let last: Chained | undefined;
  for (const dependency of dependencies) {
    const { times } = dependency;
    // One that came up again later was not waited for this time.
    if (times.ended < due - tolerance || times.ended > began + tolerance) continue;
    if (last === undefined || times.ended > last.times.ended + tolerance) last = dependency;
    else if (Math.abs(times.ended - last.times.ended) <= tolerance && isLonger(dependency, last)) last = dependency;
  }
  return last;
}

/** In time; of two that took equally long, the one with more links says more. */
function isLonger(chain: Chained, than: Chained): boolean {
  const difference = chain.times.ended - chain.origin - (than.times.ended - than.origin);
  return Math.abs(difference) <= tolerance ? chain.length > than.length : difference > 0;
}

function describe(last: Chained, scope: string): CriticalChain {
  const links: CriticalLink[] = [];
  for (let chain: Chained | undefined = last; chain !== undefined; chain = chain.previous) {
    const { times, component, origin } = chain;
    links.push({ name: component.name, began: times.began - origin, took: times.ended - times.began });
  }
  return {
    scope,
    total: last.times.ended - last.origin,
    pending: last.component.phase === "starting",
    links: links.reverse(),
  };
}
