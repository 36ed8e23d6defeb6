import { median, type Row, rowOf } from "../measurement.ts";
import { type Measure, measures } from "./measures.ts";
import type { Peer } from "./peers.ts";
import type { Figures } from "./turns.ts";

export type ContestantId = Peer["id"] | "tenure";

/** By measure, then by contestant. */
export type AllFigures = ReadonlyMap<string, Map<ContestantId, Figures>>;

/** Who is to be slower than us at starting with work: those that keep the order of the graph, or of dskit's part of it. */
const toBeAheadOf: readonly Peer["id"][] = ["effect", "avvio", "backstage", "dskit"];

/** One row for each measure, and those that compare two of them. */
export function rowsOf(
  peers: readonly Peer[],
  all: AllFigures,
  growth: { readonly graph: readonly number[]; readonly ladder: readonly number[] },
): readonly Row[] {
  const of = (measure: string, id: ContestantId) => all.get(measure)?.get(id)?.runs ?? [];
  const rows: Row[] = [];
  for (const measure of measures) {
    const target = measure.id === "work" ? 1.25 * median(of("path", "tenure").flat()) : measure.target;
    rows.push(rowOfMeasure(measure, target, peers, all.get(measure.id)!));
    if (measure.id === "work") {
      const rivals = toBeAheadOf.map((id) => median(of("work", id).flat())).filter((value) => !Number.isNaN(value));
      rows.push(
        rowOf("start, 1 ms of work each, against JS and dskit", of("work", "tenure").flat(), {
          unit: "ms",
          ...(rivals.length === 0 ? {} : { target: Math.min(...rivals) }),
          note: "target: the best of effect, avvio, Backstage and dskit",
        }),
      );
    }
    if (measure.id === "restart-10k") {
      const few = of("restart", "tenure").map(median);
      const many = of("restart-10k", "tenure").map(median);
      rows.push(
        rowOf(
          "restart of one: among 10,000 ÷ among 1,000",
          many.map((value, run) => value / few[run]!),
          {
            unit: "×",
            target: 2,
            note: "10 would be a walk over the siblings; what is left are misses of the processor's caches",
          },
        ),
      );
    }
  }
  const linear = {
    unit: "",
    target: 1.2,
    note: "exponent of the size, 1 is linear; fitted over 1, 2, 4 and 8 times the size",
  };
  rows.push(rowOf("growth of validation with the number of nodes", growth.graph, linear));
  rows.push(rowOf("growth of validation with the ladder's levels", growth.ladder, linear));
  return rows;
}

function rowOfMeasure(
  measure: Measure,
  target: number | undefined,
  peers: readonly Peer[],
  figures: ReadonlyMap<ContestantId, Figures>,
): Row {
  const scale = measure.unit === "µs" ? 1000 : 1;
  const runsOf = (id: ContestantId) => (figures.get(id)?.runs.flat() ?? []).map((value) => value * scale);
  const own = runsOf("tenure");
  if (own.length === 0) throw new Error(`${measure.name}: ${figures.get("tenure")?.cannot}`);
  const asked = peers.filter((peer) => measure.peers.includes(peer.id));
  const able = asked
    .filter((peer) => runsOf(peer.id).length > 0)
    .sort((left, right) => median(runsOf(left.id)) - median(runsOf(right.id)));
  const [best] = able;
  const note = [
    measure.note,
    best?.differs === undefined ? undefined : `${best.name}: ${best.differs}`,
    ...able.slice(1).map((peer) => {
      const value = Number(median(runsOf(peer.id)).toPrecision(3));
      return `${peer.name} ${value}${peer.differs === undefined ? "" : ` (${peer.differs})`}`;
    }),
    ...asked
      .filter((peer) => !able.includes(peer))
      .map((peer) => {
        const why = typeof peer.command === "string" ? peer.command : figures.get(peer.id)?.cannot;
        return `${peer.name}: ${why}`;
      }),
  ].filter((part) => part !== undefined);
  return rowOf(measure.name, own, {
    unit: measure.unit,
    ...(target === undefined ? {} : { target }),
    ...(best === undefined ? {} : { peer: { name: best.name, runs: runsOf(best.id) } }),
    ...(note.length === 0 ? {} : { note: note.join("; ") }),
  });
}
