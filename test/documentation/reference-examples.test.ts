import { expect, test } from "vitest";
import { runCodeBlock } from "./run-code-block.ts";

test.each(["component-interface", "controller"])(
  "the example of the reference of the %s does what its assertions say",
  async (page) => {
    expect(await runCodeBlock(`docs/reference/${page}.md`, `${page}.ts`)).toEqual({ exitCode: 0, output: "ok\n" });
  },
);
