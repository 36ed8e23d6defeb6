import { createInterface } from "node:readline";
import type { GraphShape } from "./layered-graph.ts";

/** What is asked of a contestant. */
export interface Request extends GraphShape {
  /** Milliseconds of work in each start. */
  readonly work: number;
}

/** A figure: milliseconds, unless the scenario says otherwise. A contestant that cannot do it throws, and says why. */
export type Scenario = (request: Request) => Promise<number>;

/**
 * The contestant's side of the protocol, the same in every language: a line `<scenario> <layers> <width> <fan-in> <work>` asks, a line with
 * a number answers, or one that begins with `cannot`. Ends with standard input.
 */
export async function serve(scenarios: Readonly<Record<string, Scenario>>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name = "", ...numbers] = line.split(" ");
    const [layers = 0, width = 0, fanIn = 0, work = 0] = numbers.map(Number);
    try {
      const scenario = scenarios[name];
      if (scenario === undefined) throw new Error("has no such thing");
      console.log(String(await scenario({ layers, width, fanIn, work })));
    } catch (error) {
      console.log(`cannot ${(error as Error).message.split("\n")[0]}`);
    }
  }
  process.exit(0);
}
