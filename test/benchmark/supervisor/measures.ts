import type { Peer } from "./peers.ts";
import type { Request } from "./serve.ts";

/** One thing that is measured, of us and of the peers that have it. */
export interface Measure {
  readonly id: string;
  readonly name: string;
  readonly scenario: string;
  readonly request: Request;
  readonly unit: "ms" | "µs" | "B" | "%";
  readonly target?: number;
  /** Which peers are asked; the others have nothing of the kind. */
  readonly peers: readonly Peer["id"][];
  /** Each figure is of a process of its own, that has done nothing before. */
  readonly fresh?: boolean;
  readonly note?: string;
}

const graph: Request = { layers: 20, width: 50, fanIn: 3, work: 0 };
const ten = { ...graph, width: 500 };
const ladder = { ...graph, layers: 200, width: 2, fanIn: 2 };
const all = ["effect", "avvio", "backstage", "backstage-plugins", "suture", "dskit", "fx", "otp"] as const;

/** In the order in which they are measured. */
export const measures: readonly Measure[] = [
  {
    id: "first",
    name: "start, no work, first of its process",
    scenario: "start",
    request: graph,
    unit: "ms",
    peers: all,
    fresh: true,
  },
  { id: "start", name: "start, no work", scenario: "start", request: graph, unit: "ms", target: 5, peers: all },
  {
    id: "path",
    name: "critical path: 20 timers of 1 ms, one after the other",
    scenario: "critical-path",
    request: { ...graph, work: 1 },
    unit: "ms",
    peers: [],
  },
  {
    id: "work",
    name: "start, 1 ms of work each",
    scenario: "start",
    request: { ...graph, work: 1 },
    unit: "ms",
    peers: ["effect", "avvio", "backstage", "backstage-plugins", "dskit", "fx", "otp"],
    note: "target: 1.25 × the critical path",
  },
  {
    id: "10k",
    name: "start, no work, 10,000 components",
    scenario: "start",
    request: ten,
    unit: "ms",
    target: 60,
    peers: ["effect", "avvio", "backstage-plugins", "suture", "otp"],
  },
  {
    id: "validate",
    name: "validation of 1,000 nodes",
    scenario: "validate",
    request: graph,
    unit: "ms",
    target: 10,
    peers: ["backstage", "dskit", "fx"],
  },
  {
    id: "ladder",
    name: "validation of a ladder of 200 levels, full edges",
    scenario: "validate",
    request: ladder,
    unit: "ms",
    target: 10,
    peers: ["backstage", "dskit", "fx"],
  },
  { id: "stop", name: "stop, no work", scenario: "stop", request: graph, unit: "ms", target: 10, peers: all },
  {
    id: "restart",
    name: "restart of one, no back-off, p50",
    scenario: "restart",
    request: graph,
    unit: "µs",
    target: 50,
    peers: ["suture", "otp"],
  },
  {
    id: "restart-10k",
    name: "restart of one among 10,000, p50",
    scenario: "restart",
    request: ten,
    unit: "µs",
    target: 50,
    peers: ["suture", "otp"],
  },
  {
    id: "cascade",
    name: "cascade restart of 1,000",
    scenario: "cascade",
    request: graph,
    unit: "ms",
    target: 10,
    peers: ["otp"],
    note: "OTP: rest_for_one",
  },
  {
    id: "abort",
    name: "loss of the lease → every signal aborted",
    scenario: "abort",
    request: graph,
    unit: "ms",
    target: 5,
    peers: ["suture"],
    note: "suture: its context is cancelled → every service has seen it",
  },
  {
    id: "heap",
    name: "heap per component",
    scenario: "heap",
    request: graph,
    unit: "B",
    target: 2_500,
    peers: ["effect", "avvio", "backstage-plugins", "suture", "dskit", "fx", "otp"],
    fresh: true,
    note: "definition, record, instance",
  },
  {
    id: "growth",
    name: "growth of the heap over 1,000 terms",
    scenario: "growth",
    request: graph,
    unit: "%",
    target: 1,
    peers: [],
    fresh: true,
  },
];

/** Sizes for the fit of how validation grows: the same shape, wider or longer. */
export const growingGraphs: readonly Request[] = [1, 2, 4, 8].map((times) => ({ ...graph, width: 50 * times }));
export const growingLadders: readonly Request[] = [1, 2, 4, 8].map((times) => ({ ...ladder, layers: 200 * times }));
