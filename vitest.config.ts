import { defineConfig } from "vitest/config";

const conditions = ["@tenure/source", "node", "import", "module", "default"];

const shared = {
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions },
  ssr: { resolve: { conditions } },
};

/** `*.api.test.ts` need the real API server, which one global set-up starts for all of them; everything else needs nothing. */
export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts", "examples/*/test/**/*.test.ts"],
          exclude: ["**/*.api.test.ts", "**/*.e2e.test.ts", "**/exhaustive.*.test.ts", "**/node_modules/**"],
          testTimeout: 20_000,
        },
      },
      {
        ...shared,
        test: {
          // Minutes of one core: every state of the kernel on small graphs.
          name: "exhaustive",
          include: ["packages/*/test/**/exhaustive.*.test.ts"],
          testTimeout: 600_000,
        },
      },
      {
        ...shared,
        test: {
          name: "api",
          include: ["packages/*/test/**/*.api.test.ts", "test/**/*.api.test.ts"],
          exclude: ["packages/control-plane/**", "**/node_modules/**"],
          globalSetup: ["test/control-plane.setup.ts"],
          testTimeout: 60_000,
          // The first use of a control plane builds it.
          hookTimeout: 1_200_000,
        },
      },
      {
        ...shared,
        test: {
          // Whole controllers as processes, against control planes of their own.
          name: "end-to-end",
          include: ["test/**/*.e2e.test.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 1_200_000,
        },
      },
      {
        ...shared,
        test: {
          // Starts and ends control planes of its own, one test after the other.
          name: "control-plane",
          include: ["packages/control-plane/test/**/*.api.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 1_200_000,
        },
      },
    ],
  },
});
