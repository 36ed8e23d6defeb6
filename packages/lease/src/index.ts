export * from "./elector/kubernetes-lease-elector.ts";
export type { LeaseCommand } from "./kernel/lease-command.ts";
export type { LeaseEvent } from "./kernel/lease-event.ts";
export { type LeasePhase, transitions as leaseTransitions } from "./kernel/lease-phase.ts";
export { initialState as initialLeaseState, type LeaseState } from "./kernel/lease-state.ts";
export { step as stepLease } from "./kernel/step.ts";
export * from "./plugin/kubernetes-lease.ts";
export * from "./plugin/lease-options.ts";
export * from "./record/lease-record.ts";
