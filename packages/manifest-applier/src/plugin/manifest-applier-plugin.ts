import { hostname } from "node:os";
import { defineComponent, definePlugin, duration } from "@tenure/core";
import { stackApplier, stackApplierToken } from "@tenure/stack-applier";
import { z } from "zod";
import { ManifestApplier } from "../applier/manifest-applier.ts";
import { manifestDirectoryToken, ScannedDirectory } from "../directory/manifest-directory.ts";

/** The section `manifests` of the configuration. */
export const manifestApplierOptions = z.object({
  directory: z
    .string({ error: "give the directory whose subdirectories are the stacks" })
    .min(1)
    .describe("Each subdirectory is a stack. It may be missing when the controller starts."),
  node: z
    .string()
    .min(1)
    .optional()
    .describe("A stable name of this machine: it removes only what it has had. Default: its host name."),
  scope: z.string().min(1).default("leader").describe("The lease under which manifests are applied."),
  rescanInterval: duration.default(10_000).describe("Between two scans without a hint of the file system."),
  debounce: duration.default(100).describe("After a hint, so that one save is one scan."),
});

/** Adds `manifest-directory`, which is always warm, and `manifest-applier`, which lives within a term. */
export const manifestApplier = definePlugin({
  name: "manifests",
  description: "Applies a directory of manifests, each subdirectory a stack.",
  config: manifestApplierOptions,
  uses: [stackApplier()],
  contribute: ({ directory, node, scope, rescanInterval, debounce }) => ({
    components: [
      defineComponent({
        name: "manifest-directory",
        provides: manifestDirectoryToken,
        create: (_needs, _wants, { clock }) => new ScannedDirectory({ directory, rescanInterval, debounce, clock }),
      }),
      defineComponent({
        name: "manifest-applier",
        scope,
        needs: { directory: manifestDirectoryToken, stacks: stackApplierToken },
        create: (needs, _, { clock }) =>
          new ManifestApplier(needs.directory, needs.stacks, {
            node: node ?? hostname(),
            clock,
            retryDelay: 1_000,
          }),
      }),
    ],
  }),
});
