export { applySet, applySetId, tenure as tenureNames } from "./apply-set.ts";
export * from "./stack-applier.ts";
export * from "./stack-applier-plugin.ts";
export * from "./stack-reconciler.ts";
export * from "./stack-source.ts";
