export {
  type CandidateRecord,
  candidateLabel,
  candidateLabelValue,
  candidateName,
  decodeCandidate,
  encodeCandidate,
  lastTurnAnnotation,
} from "./candidates/candidate-record.ts";
export { CandidateSightings } from "./candidates/candidate-sightings.ts";
export * from "./candidates/list-candidates.ts";
export * from "./elector/kubernetes-lease-elector.ts";
export * from "./kernel/election-timing.ts";
export type { KnownCandidate } from "./kernel/known-candidate.ts";
export type { LeaseCommand } from "./kernel/lease-command.ts";
export type { LeaseEvent } from "./kernel/lease-event.ts";
export { type LeasePhase, transitions as leaseTransitions } from "./kernel/lease-phase.ts";
export { initialState as initialLeaseState, type LeaseState } from "./kernel/lease-state.ts";
export { step as stepLease } from "./kernel/step.ts";
export { whyKept as whyLeaseKept } from "./kernel/yield-rules.ts";
export * from "./plugin/kubernetes-lease.ts";
export * from "./plugin/lease-flags.ts";
export * from "./plugin/lease-options.ts";
export * from "./record/lease-record.ts";
export { SingleNodeElector, type SingleNodeElectorOptions } from "./single-node/single-node-elector.ts";
export * from "./single-node/single-node-lease.ts";
