import "reflect-metadata";

export * from "./component-decorator.ts";
export * from "./inject.ts";
