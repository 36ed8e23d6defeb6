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
          exclude: ["**/*.api.test.ts", "**/node_modules/**"],
          testTimeout: 20_000,
        },
      },
    ],
  },
});
