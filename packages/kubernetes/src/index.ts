export * from "./create-client.ts";
export * from "./credentials.ts";
export * from "./kubernetes-client.ts";
export * from "./kubernetes-connection.ts";
export * from "./kubernetes-error.ts";
export * from "./kubernetes-object.ts";
