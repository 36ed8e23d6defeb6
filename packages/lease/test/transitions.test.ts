import { readFileSync } from "node:fs";
import { leaseTransitions } from "@tenure/lease";
import { expect, test } from "vitest";

const document = readFileSync(new URL("../../../docs/reference/lease.md", import.meta.url), "utf8");

test("the reference draws exactly the transitions that the code allows", () => {
  const diagram = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(document)?.[1] ?? "";
  const drawn = [...diagram.matchAll(/^ *([a-z-]+) --> ([a-z-]+)$/gm)].map(([, from, to]) => `${from} --> ${to}`);
  const allowed = Object.entries(leaseTransitions).flatMap(([from, targets]) =>
    targets.map((to) => `${from} --> ${to}`),
  );
  expect(drawn.toSorted()).toEqual(allowed.toSorted());
});

test("the reference explains every state", () => {
  for (const phase of Object.keys(leaseTransitions))
    expect(document).toMatch(new RegExp(`^\\| \`${phase}\` +\\|`, "m"));
});
