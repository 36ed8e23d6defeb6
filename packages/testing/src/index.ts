export * from "./fake-lease.ts";
export * from "./fault-proxy.ts";
export * from "./life-recorder.ts";
export * from "./report-lives.ts";
export * from "./start-test-controller.ts";
export * from "./virtual-clock.ts";
