import { type Candidate, LeaseWorld } from "./lease-world.ts";

export const timing = {
  leaseDuration: 15_000,
  renewDeadline: 10_000,
  renewInterval: 2_000,
  retryPeriod: 2_000,
  safetyMargin: 1_000,
};
/** Between candidates for a lease that becomes free, at most. */
export const rush = 25;
/** Of a request and its reply in the model. */
export const roundTrip = 10;

export function holding(candidate: Candidate): boolean {
  return candidate.term !== undefined && candidate.term.endedAt === undefined;
}

/** When the renewal that the server committed last was sent. */
export function lastWriteSent(candidate: Candidate): number {
  const sent = candidate.commands.filter(({ command }) => command.type === "write");
  return sent.at(-1)?.at ?? Number.NaN;
}

export function requests(candidate: Candidate): number {
  return candidate.commands.filter(({ command }) => command.type === "read" || command.type === "write").length;
}

/** `a` holds it, `b` stands by and has seen a renewal. */
export function heldByFirst(): { world: LeaseWorld; a: Candidate; b: Candidate } {
  const world = new LeaseWorld();
  const a = world.add("a", timing);
  world.until(() => holding(a));
  const b = world.add("b", timing);
  world.pass(5_000);
  return { world, a, b };
}

export function writtenByHand(world: LeaseWorld, holderIdentity: string, spec: Record<string, unknown> = {}): void {
  world.edit((lease) => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace: "default", name: "model", ...lease?.metadata },
    spec: {
      leaseDurationSeconds: 15,
      renewTime: `by hand ${world.now}`,
      ...(lease?.spec as object | undefined),
      holderIdentity,
      ...spec,
    },
  }));
}
