import { startControlPlane } from "@tenure/control-plane";
import { type CycleFigures, playIncident, shipFirstStack } from "../incident/incident-cycle.ts";
import { IncidentLab } from "../incident/incident-lab.ts";
import { type Row, rowOf } from "./measurement.ts";

const times = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };

/** What a user of the whole sees: how fast a cluster is there, how long a lost lease is felt, how soon a change arrives. */
export async function firstLight(options: {
  readonly runs: number;
  readonly say: (line: string) => void;
}): Promise<readonly Row[]> {
  const starts: number[] = [];
  // The first may build: what is measured is the start with the binaries cached.
  await (await startControlPlane({ onProgress: options.say })).stop();
  for (let run = 0; run < 2 * options.runs + 1; run++) {
    const begun = performance.now();
    const controlPlane = await startControlPlane();
    starts.push(performance.now() - begun);
    await controlPlane.stop();
  }
  const cycles: CycleFigures[] = [];
  await using lab = await IncidentLab.start(times, options.say);
  await lab.changeEverywhere(shipFirstStack);
  for (let number = 1; number <= options.runs; number++) {
    const cut = number % 2 === 1 ? "black-hole" : "reset";
    cycles.push(await playIncident(lab, { number, cut, times }, options.say));
  }
  const of = (key: keyof CycleFigures) => cycles.map((cycle) => cycle[key]);
  const note = "lease 15 s / 10 s / 2 s";
  return [
    rowOf("control plane start, binary cached", starts, { unit: "ms", target: 3_000, note: "etcd and API server" }),
    rowOf("cut → all components stopped", of("cutToStopped"), {
      unit: "ms",
      target: times.leaseDuration,
      note: `${note}; target: the lease itself`,
    }),
    rowOf("cut → another leads", of("cutToAnotherLeads"), { unit: "ms", note }),
    rowOf("regain → first change applied", of("regainToApplied"), { unit: "ms", note }),
    rowOf("edit of a manifest → applied", of("editToApplied"), { unit: "ms", note }),
  ];
}
