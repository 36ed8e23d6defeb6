import { readFile } from "node:fs/promises";

/** The code blocks of a page whose first line is `// <name>`: examples that a test runs as they stand. */
export async function namedCodeBlocks(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(new URL(`../../${page}`, import.meta.url), "utf8");
  const blocks = new Map<string, string>();
  for (const [, code = ""] of text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    const name = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1];
    if (name !== undefined) blocks.set(name, code);
  }
  return blocks;
}
