import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { describe, expect, onTestFinished, test } from "vitest";

/** Runs TypeScript in a Node process of its own, after esbuild has made JavaScript of it. */
async function run(source: string): Promise<string> {
  const { code } = await transform(source, {
    loader: "ts",
    target: "es2022",
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  });
  // What Node strips by itself, or would refuse, is to be gone.
  expect(code).not.toMatch(/@component|: Store|LiveReference</);
  // Inside the package, so that it is found as a user's dependency is.
  const directory = await mkdtemp(join(import.meta.dirname, "esbuild-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "decorated.js");
  await writeFile(file, code);
  return (await promisify(execFile)(process.execPath, ["--conditions=@tenure/source", file])).stdout;
}

const imports = `
  import { createController, describeError, silentLogger, type LiveReference, type Term } from "@tenure/core";
  import { component, configToken, definitionOf, inject, termToken } from "@tenure/core/decorators";
`;

const store = `
  @component({ name: "store" })
  class Store {
    readonly words: readonly string[] = ["hello"];
  }
`;

describe("classes decorated for esbuild, which emits no metadata", () => {
  test("run, each parameter being named by @inject", async () => {
    const output = await run(`
      ${imports}
      ${store}
      @component({ name: "greeter", needs: [Store] })
      class Greeter {
        readonly #text: string;
        constructor(
          @inject(Store) store: Store,
          @inject(configToken) config: { readonly name: string },
          @inject(termToken) term: Term,
        ) {
          this.#text = [...store.words, config.name, term.holder].join(" ");
        }
        start(): void {
          console.log("start", this.#text);
        }
        stop(): void {
          console.log("stop");
        }
      }
      @component({ name: "status", wants: [Greeter] })
      class Status {
        readonly #greeter: LiveReference<Greeter>;
        constructor(@inject(Greeter) greeter: LiveReference<Greeter>) {
          this.#greeter = greeter;
        }
        start() {
          this.#greeter.subscribe((current) => console.log("greeter", current instanceof Greeter));
        }
      }
      const components = [definitionOf(Status), definitionOf(Store), definitionOf(Greeter, { config: { name: "you" } })];
      const controller = await createController({ components, logger: silentLogger, identity: "me" });
      const running = new Promise<void>((resolve) => {
        controller.on("component.running", ({ component }) => component === "greeter" && resolve());
      });
      controller.start();
      await running;
      await controller.stop();
    `);
    expect(output.trim().split("\n")).toEqual(["start hello you me", "greeter true", "stop"]);
  });

  test("are refused with class and parameter and a way out where one is not", async () => {
    const output = await run(`
      ${imports}
      ${store}
      @component({ name: "greeter", needs: [Store] })
      class Greeter {
        readonly store: Store;
        constructor(store: Store) {
          this.store = store;
        }
      }
      try {
        await createController({ components: [definitionOf(Store), definitionOf(Greeter)], logger: silentLogger });
      } catch (error) {
        console.log(describeError(error));
      }
    `);
    expect(output).toMatch(/TENURE_NO_METADATA: class Greeter.*\n?.*esbuild.*@inject\(token\)/s);
  });
});
