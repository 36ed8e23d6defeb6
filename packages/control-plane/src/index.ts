export type { ApiRequest } from "./api-request.ts";
export type { ControlPlane, ControlPlaneServers, UserOptions } from "./control-plane.ts";
export { ControlPlaneError, type ControlPlaneErrorCode } from "./control-plane-error.ts";
export { type GoModule, goBinary } from "./go-build.ts";
export type { ServerExit, ServerProcess } from "./server-process.ts";
export type { PolicyRule, ServiceAccountOptions } from "./service-account.ts";
export { type ControlPlaneOptions, startControlPlane } from "./start-control-plane.ts";
