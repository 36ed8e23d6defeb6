import { seededRandom } from "./seeded-random.ts";

/** The ways in which a leader loses its lease. */
export const lossKinds = [
  /** Every connection of it is reset, and new ones are refused. */
  "cut",
  /** Its bytes get lost, in one direction or both. */
  "black hole",
  /** As a black hole, and its work does not stop when it is asked to. */
  "stuck work",
  "kill -9",
  /** SIGTERM, and a new process in its place. */
  "clean stop",
  /** SIGSTOP until another leads, then SIGCONT. */
  "pause",
  "yield",
  /** The Lease is deleted. */
  "deleted",
  /** Somebody who does not exist is written into the Lease. */
  "other holder",
] as const;

export type LossKind = (typeof lossKinds)[number];

/** What a cycle does, and when. */
export interface Loss {
  readonly kind: LossKind;
  /** In ms, after everybody has seen who leads: where between two renewals it falls. */
  readonly after: number;
  /** Of a black hole, and around work that is stuck. */
  readonly direction: { readonly toServer: boolean; readonly toClient: boolean };
  /** Of a pause, in ms: for how long it goes on when another leads. */
  readonly longer: number;
}

/** Every kind equally often, as far as the number of cycles allows, in an order that the seed decides. */
export function planLosses(seed: number, cycles: number, leaseDuration: number): readonly Loss[] {
  const random = seededRandom(seed);
  const losses: Loss[] = [];
  let round: LossKind[] = [];
  while (losses.length < cycles) {
    if (round.length === 0) round = [...lossKinds];
    const [kind] = round.splice(Math.floor(random() * round.length), 1) as [LossKind];
    const after = random() * (leaseDuration / 3);
    const way = Math.floor(random() * 3);
    const direction = { toServer: way !== 1, toClient: way !== 2 };
    losses.push({ kind, after, direction, longer: random() * (leaseDuration / 3) });
  }
  return losses;
}
