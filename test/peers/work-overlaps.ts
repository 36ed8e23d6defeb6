import type { ElectorProcess } from "./elector-process.ts";

/** Work for one Lease in two processes at once. */
export interface WorkOverlap {
  readonly lease: string;
  readonly identities: readonly [string, string];
  /** In ms. */
  readonly duration: number;
}

/** As the electors have told it. The work of a process that has ended without a word of its end counts up to the last that it told. */
export function workOverlaps(processes: readonly Pick<ElectorProcess, "events" | "gone">[]): readonly WorkOverlap[] {
  const works = processes.flatMap(({ events, gone }) =>
    events
      .filter(({ event }) => event === "started")
      .map(({ lease, identity, at: from }) => {
        const end = events.find((told) => told.event === "stopped" && told.lease === lease && told.at >= from)?.at;
        const last = events.at(-1)?.at ?? from;
        return { lease, identity, from, to: end ?? (gone ? last : Number.POSITIVE_INFINITY) };
      }),
  );
  return works.flatMap((one, index) =>
    works.slice(index + 1).flatMap((other) => {
      const duration = Math.min(one.to, other.to) - Math.max(one.from, other.from);
      if (one.lease !== other.lease || one.identity === other.identity || duration <= 0) return [];
      return [{ lease: one.lease, identities: [one.identity, other.identity] as const, duration }];
    }),
  );
}
