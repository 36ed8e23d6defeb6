import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
let directory: string | undefined;

afterAll(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

describe("the examples of every README, guide and reference", () => {
  test("are of the right types", async () => {
    directory = await mkdtemp(join(import.meta.dirname, "types-"));
    const packages = (await readdir(join(root, "packages"))).map((name) => `packages/${name}/README.md`);
    const pages = await Promise.all(
      ["docs/guides", "docs/reference"].map(async (folder) =>
        (await readdir(join(root, folder))).map((name) => `${folder}/${name}`),
      ),
    );
    let count = 0;
    for (const page of ["README.md", ...packages, ...pages.flat()]) {
      const text = await readFile(join(root, page), "utf8");
      for (const [, code = ""] of text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
        await writeFile(join(directory, `${page.replaceAll("/", "-")}-${++count}.ts`), `${code}\nexport {};\n`);
      }
    }
    expect(count).toBeGreaterThanOrEqual(packages.length);
    const options = { extends: "../../../tsconfig.test.json", include: ["*.ts"] };
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify(options));
    const compiler = spawn("tsc", ["-p", directory], { shell: false });
    let output = "";
    compiler.stdout.on("data", (bytes) => {
      output += String(bytes);
    });
    const [exitCode] = await once(compiler, "close");
    expect([exitCode, output]).toEqual([0, ""]);
  });
});
