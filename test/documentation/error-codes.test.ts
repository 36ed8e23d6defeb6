import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { exitCode } from "@tenure/core";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

async function codesInSources(): Promise<ReadonlySet<string>> {
  const codes = new Set<string>();
  for (const entry of await readdir(join(root, "packages"), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !/packages\/[^/]+\/src\/.*\.ts$/.test(path)) continue;
    for (const [, code] of (await readFile(path, "utf8")).matchAll(
      /"((?:TENURE|KUBE|STACK|LEASE|MANIFEST|CONTROL_PLANE)_[A-Z_0-9]+)"/g,
    )) {
      if (code !== undefined) codes.add(code);
    }
  }
  return codes;
}

describe("docs/reference/errors.md", () => {
  test("lists every code of every package, and no other", async () => {
    const page = await readFile(join(root, "docs/reference/errors.md"), "utf8");
    const listed = [...page.matchAll(/`((?:TENURE|KUBE|STACK|LEASE|MANIFEST|CONTROL_PLANE)_[A-Z_0-9]+)`/g)].map(
      ([, code]) => code,
    );
    // What the environment is asked for is not an error.
    const isError = (code: string | undefined) => code !== "TENURE_CONTROL_PLANE";
    const codes = [...(await codesInSources())].filter(isError);
    expect(codes.length).toBeGreaterThan(30);
    expect([...new Set(listed)].filter(isError).sort()).toEqual(codes.sort());
  });

  test("lists every exit code", async () => {
    const page = await readFile(join(root, "docs/reference/errors.md"), "utf8");
    const listed = [...page.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    expect(listed.toSorted()).toEqual(Object.values<number>(exitCode).toSorted());
  });
});
