import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/** Who may import whom: docs/architecture.md draws the same. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  kubernetes: ["core"],
  lease: ["core", "kubernetes"],
  "stack-applier": ["core", "kubernetes"],
  "manifest-applier": ["core", "kubernetes", "stack-applier"],
  testing: ["core"],
  "control-plane": [],
};

const packages = join(import.meta.dirname, "../packages");

async function sourcesOf(name: string): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const entries = await readdir(join(packages, name, "src"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"));
  return Promise.all(
    files.map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      return { file: file.slice(packages.length + 1), text: await readFile(file, "utf8") };
    }),
  );
}

describe("the architecture", () => {
  test("every package is in the picture", async () => {
    expect((await readdir(packages)).sort()).toEqual(Object.keys(allowed).sort());
  });

  test.each(Object.keys(allowed))("%s imports down the picture only", async (name) => {
    const sources = await sourcesOf(name);
    expect(sources.length).toBeGreaterThan(1);
    const wrong = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/(?:from|import\()\s*"@tenure\/([^"/]+)[^"]*"/g)]
        .filter(([, imported]) => !allowed[name]?.includes(imported ?? ""))
        .map(([, imported]) => `${file} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  test("core's kernel does no I/O: no timer, clock, promise or node module", async () => {
    const kernel = (await sourcesOf("core")).filter(({ file }) => file.includes("/kernel/"));
    expect(kernel.length).toBeGreaterThan(5);
    const wrong = kernel.filter(({ text }) =>
      /from "node:|\bsetTimeout\b|\bsetImmediate\b|\bPromise\b|\basync\b|\bawait\b|Date\.|Math\.random|performance\./.test(
        text,
      ),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test("core's main entry loads neither reflect-metadata nor tsyringe", async () => {
    const sources = await sourcesOf("core");
    const wrong = sources.filter(
      ({ file, text }) => !file.includes("/decorators/") && /"(reflect-metadata|tsyringe)"/.test(text),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test("nothing reads the wall clock to decide", async () => {
    const found: string[] = [];
    for (const name of Object.keys(allowed)) {
      for (const { file, text } of await sourcesOf(name)) {
        // Only text for people and other programs is made of it.
        const rest = text.replaceAll(/new Date\(\)\.toISOString\(\)|microTime\(new Date\(\)\)/g, "");
        const wall = rest.match(/Date\.now\(\)|new Date\(\)/g) ?? [];
        if (wall.length > 0 && name !== "control-plane") found.push(file);
      }
    }
    expect(found).toEqual([]);
  });

  test("no utils, no default exports, only index.ts re-exports", async () => {
    const wrong: string[] = [];
    for (const name of Object.keys(allowed)) {
      for (const { file, text } of await sourcesOf(name)) {
        if (/(^|\/)(utils?|common|helpers?|misc)(\.ts|\/)/.test(file)) wrong.push(`${file}: its name says nothing`);
        if (/^export default/m.test(text)) wrong.push(`${file}: default export`);
        if (!file.endsWith("index.ts") && /^export (\*|\{[^}]*\}) from/m.test(text)) wrong.push(`${file}: re-exports`);
        if (text.split("\n").length > 420) wrong.push(`${file}: over 400 lines`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
