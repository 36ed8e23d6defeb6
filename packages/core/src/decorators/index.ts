import "reflect-metadata";

export * from "./component-decorator.ts";
