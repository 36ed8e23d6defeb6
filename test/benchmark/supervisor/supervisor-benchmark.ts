import { rm } from "node:fs/promises";
import type { Row } from "../measurement.ts";
import { Contestant } from "./contestant.ts";
import { growingGraphs, growingLadders, measures } from "./measures.ts";
import { makeBuildDirectory, nodeCommand, type Peer, preparePeers } from "./peers.ts";
import { type AllFigures, type ContestantId, rowsOf } from "./rows.ts";
import { note, takeTurns } from "./turns.ts";
import { growthOfValidation } from "./validation-growth.ts";

/**
 * The supervisor against its targets and its peers. In each run every contestant has a new process. They take turns: see `takeTurns`.
 */
export async function supervisorBenchmark(options: {
  readonly runs: number;
  readonly say: (line: string) => void;
}): Promise<readonly Row[]> {
  const directory = await makeBuildDirectory();
  try {
    const peers = await preparePeers(directory, options.say);
    const figures: AllFigures = new Map(measures.map(({ id }) => [id, new Map()]));
    const growth: { readonly graph: number[]; readonly ladder: number[] } = { graph: [], ladder: [] };
    for (let run = 1; run <= options.runs; run++) {
      await measureAll(peers, figures, (what) => options.say(`run ${run} of ${options.runs}: ${what}`));
      growth.graph.push(await growthOfValidation(growingGraphs));
      growth.ladder.push(await growthOfValidation(growingLadders));
    }
    return rowsOf(peers, figures, growth);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureAll(peers: readonly Peer[], all: AllFigures, say: (what: string) => void): Promise<void> {
  await using processes = new AsyncDisposableStack();
  const running = new Map<ContestantId, Contestant>();
  for (const measure of measures) {
    say(measure.name);
    const ofMeasure = all.get(measure.id)!;
    const contestants: Parameters<typeof takeTurns>[1][number][] = [];
    const commands = peers.filter((peer) => measure.peers.includes(peer.id));
    for (const { id, command } of [{ id: "tenure" as const, command: nodeCommand("tenure.ts") }, ...commands]) {
      if (typeof command === "string") continue;
      const figures = ofMeasure.get(id) ?? { runs: [] };
      ofMeasure.set(id, figures);
      figures.runs.push([]);
      if (measure.fresh) {
        await using contestant = new Contestant(command);
        note(figures, await contestant.ask(measure.scenario, measure.request));
        continue;
      }
      const contestant = running.get(id) ?? processes.use(new Contestant(command));
      // What a process needs to begin with is no figure's, nor does it make it slow.
      if (!running.has(id)) await contestant.ask("start", { layers: 1, width: 1, fanIn: 0, work: 0 });
      running.set(id, contestant);
      contestants.push({ contestant, figures });
    }
    await takeTurns(measure, contestants);
  }
}
