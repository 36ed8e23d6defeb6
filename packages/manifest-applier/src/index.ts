export * from "./applier/manifest-applier.ts";
export * from "./directory/directory-snapshot.ts";
export * from "./directory/manifest-directory.ts";
export * from "./parse/manifest-error.ts";
export * from "./parse/parse-manifest.ts";
export * from "./plugin/manifest-applier-plugin.ts";
