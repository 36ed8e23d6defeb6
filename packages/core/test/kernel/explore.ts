import { describeEvent } from "./describe-event.ts";
import { checkCounters } from "./kernel-counters.ts";
import { checkSettled } from "./kernel-invariants.ts";
import { type Choice, KernelWorld, type WorldOptions } from "./kernel-world.ts";
import { describeGraph, type WorldGraph } from "./world-graph.ts";
import { goBack, keyOf, type Memory, remember } from "./world-memory.ts";

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** States in which nothing is left that has to happen. */
  readonly settled: number;
}

export interface ExploreOptions extends Omit<WorldOptions, "still"> {
  /** Late and repeated events are tried in every state. Default true. */
  readonly stale?: boolean;
  /** More states than this are an error: the graph is too large to be explored to the end. Default 3,000,000. */
  readonly most?: number;
}

interface Visit {
  readonly id: number;
  readonly memory: Memory;
  readonly choices: readonly Choice[];
  next: number;
}

/**
 * Visits every state that can be reached from the beginning, by every event that can happen in each, depth first, and checks the
 * invariants in all of them. Then: from every state, each run in which the environment does what it must (starts and stops end,
 * back-offs are over, electors grant and release) and nothing else goes wrong comes to an end, and the end is settled.
 *
 * @throws Error that names the graph and the events that led to the state.
 */
export function explore(graph: WorldGraph, options: ExploreOptions = {}): Exploration {
  const { stale = true, most = 3_000_000, ...environment } = options;
  const world = new KernelWorld(graph, { ...environment, still: true });
  const ids = new Map<string, number>();
  // Steps that have to happen, as pairs of states, and how many lead to each state.
  const duties: number[] = [];
  const path: Visit[] = [];
  let settled = 0;
  let transitions = 0;

  const enter = (): number => {
    const id = ids.size;
    ids.set(keyOf(world), id);
    if (id >= most) throw new Error(`more than ${most} states`);
    checkCounters(world.state);
    const choices = world.choices();
    if (choices.every((choice) => choice.fault)) {
      settled++;
      checkSettled(world);
    }
    const memory = remember(world);
    if (stale) checkStale(world, memory);
    path.push({ id, memory, choices, next: 0 });
    return id;
  };

  try {
    enter();
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const choice = visit.choices[visit.next++];
      if (choice === undefined) {
        path.pop();
        continue;
      }
      goBack(world, visit.memory);
      world.apply(choice.event);
      transitions++;
      const id = ids.get(keyOf(world)) ?? enter();
      if (!choice.fault) duties.push(visit.id, id);
    }
    checkEnding(duties, ids.size);
  } catch (error) {
    const events = path.map((visit) => describeEvent(visit.choices[visit.next - 1]?.event)).join(", ");
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`${text}\n  graph: ${describeGraph(graph)}\n  after: ${events}`, { cause: error });
  }
  return { states: ids.size, transitions, settled };
}

function checkStale(world: KernelWorld, memory: Memory): void {
  const before = keyOf(world);
  for (const event of world.staleEvents()) {
    const commands = world.stepOnly(event);
    if (commands.length > 0 || keyOf(world) !== before) {
      throw new Error(
        `invariant: ${describeEvent(event)} has an effect although it is late: ${JSON.stringify(commands)}`,
      );
    }
  }
  goBack(world, memory);
}

/** Kahn: the steps that have to happen must not lead round in a circle. */
function checkEnding(duties: readonly number[], states: number): void {
  const incoming = new Int32Array(states);
  const first = new Int32Array(states + 1);
  for (let at = 0; at < duties.length; at += 2) {
    first[duties[at]! + 1]!++;
    incoming[duties[at + 1]!]!++;
  }
  for (let id = 0; id < states; id++) first[id + 1]! += first[id]!;
  const targets = new Int32Array(duties.length / 2);
  const next = first.slice();
  for (let at = 0; at < duties.length; at += 2) targets[next[duties[at]!]!++] = duties[at + 1]!;
  const free: number[] = [];
  for (let id = 0; id < states; id++) if (incoming[id] === 0) free.push(id);
  let seen = 0;
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    seen++;
    for (let at = first[id]!; at < first[id + 1]!; at++) {
      const target = targets[at]!;
      incoming[target]!--;
      if (incoming[target] === 0) free.push(target);
    }
  }
  if (seen < states)
    throw new Error(`invariant: ${states - seen} states never settle: what has to happen goes round in a circle`);
}
