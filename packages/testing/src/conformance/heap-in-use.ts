import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { settled } from "../virtual-clock.ts";

/** What can still be reached, in bytes: when everything has settled, and after the garbage collector. */
export async function heapInUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await settled();
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let collector: (() => void) | undefined;

function collectGarbage(): void {
  if (collector === undefined) {
    setFlagsFromString("--expose-gc");
    collector = runInNewContext("gc") as () => void;
  }
  collector();
}
