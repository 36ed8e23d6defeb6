import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose_gc");

/** Everything that nothing refers to any more is gone afterwards. */
export const collectGarbage = runInNewContext("gc") as () => void;
