export * from "./child-process/child-process.ts";
export { ChildProcessComponent } from "./child-process/child-process-component.ts";
export {
  ChildProcessError,
  type ChildProcessErrorCode,
  type ChildProcessExit,
} from "./child-process/child-process-error.ts";
export * from "./child-process/child-process-options.ts";
export type { Environment } from "./child-process/command.ts";
export type { LevelOfLine, OutputLine } from "./child-process/output.ts";
export type { FunctionProbe, HttpProbe, Probe, TcpProbe } from "./child-process/probe.ts";
export type { Readiness } from "./child-process/readiness.ts";
export * from "./clock/clock.ts";
export * from "./clock/system-clock.ts";
export * from "./component/component.ts";
export * from "./component/define-component.ts";
export * from "./component/options.ts";
export * from "./component/token.ts";
export * from "./composition/composition-error.ts";
export { configJsonSchema, configSchema } from "./config/config-schema.ts";
export * from "./config/config-source.ts";
export * from "./config/duration.ts";
export type { JsonSchema } from "./config/json-schema.ts";
export * from "./config/load-config.ts";
export * from "./config/parse-config.ts";
export * from "./controller/controller.ts";
export * from "./controller/create-controller.ts";
export * from "./controller/snapshot.ts";
export * from "./errors/tenure-error.ts";
export type { ControllerEvent } from "./events/controller-events.ts";
export type { EventStreamOptions, Gap } from "./events/event-stream.ts";
export type { GraphOptions, GraphSource } from "./introspection/component-graph.ts";
export { type CriticalChain, type CriticalLink, criticalChain } from "./introspection/critical-chain.ts";
export { toDot } from "./introspection/dot.ts";
export { toMermaid } from "./introspection/mermaid.ts";
export { type PrettyPrintOptions, prettyPrint } from "./introspection/pretty-print.ts";
export { type SlowStart, slowest } from "./introspection/slowest.ts";
export type { KernelEvent } from "./kernel/event.ts";
export { exitCode } from "./kernel/exit-code.ts";
export type { Phase } from "./kernel/phase.ts";
export type { Reason, ReasonCode } from "./kernel/reason.ts";
export type { ComponentNode, LeaseNode } from "./kernel/record.ts";
export * from "./lease/define-lease.ts";
export * from "./lease/lease-elector.ts";
export * from "./log/logger.ts";
export * from "./plugin/define-plugin.ts";
export type { EventLogData, EventLogOrigin, LoggedEvent } from "./supervisor/event-log.ts";
export type { ComponentEvent, SupervisorEvents, TermEvent } from "./supervisor/supervisor-event.ts";
export * from "./term/term.ts";
