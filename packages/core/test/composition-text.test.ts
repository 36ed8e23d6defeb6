import { defineComponent, describeError } from "@tenure/core";
import { describe, expect, test } from "vitest";
import { compositionError } from "./composition-problems.ts";

const wrong = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    defineComponent({ name: `c${index}`, startTimeout: -1, create: () => ({}) }),
  );

describe("the text of a composition error", () => {
  test("with one mistake is that mistake", async () => {
    const error = await compositionError({ components: wrong(1) });
    // Also for those who print the message alone.
    expect(error?.message).toBe(describeError(error));
    expect(error?.code).toBe("TENURE_BAD_OPTION");
    expect(describeError(error)).toBe(
      'TENURE_BAD_OPTION: component "c0": startTimeout must be a number of milliseconds, from 1 to 2147483647 (24 days); it is -1' +
        " → Correct the option; docs/reference/components.md has its default.",
    );
  });

  test("with twenty is a paragraph for each: code, message, remedy", async () => {
    const error = await compositionError({ components: wrong(20) });
    const paragraphs = describeError(error).split("\n\n");
    expect(paragraphs).toHaveLength(22);
    expect(paragraphs[0]).toBe("TENURE_COMPOSITION: 20 mistakes in the composition");
    expect(paragraphs[7]).toMatch(
      /^ {2}7\. TENURE_BAD_OPTION: component "c6": startTimeout .*\n {5}→ Correct the option;/,
    );
    expect(paragraphs[21]).toBe("→ Correct each of them.");
  });
});
