import { CompositionError } from "./composition-error.ts";
import { describeValue } from "./option-rules.ts";

/**
 * What authors without a compiler may leave out. Reported at the call, which is where the mistake is: there is nothing yet that the composition
 * could name.
 *
 * @param maker the function that was called
 * @param call how it is called, as in `defineLease({ name, timing, create })`
 * @throws CompositionError `TENURE_BAD_SHAPE` for what is no object
 */
export function requireObject(given: unknown, maker: string, call: string): void {
  if (typeof given === "object" && given !== null && !Array.isArray(given) && !(given instanceof Promise)) return;
  throw new CompositionError([
    {
      code: "TENURE_BAD_SHAPE",
      message: `${maker} was given ${describeValue(given)}, not an object`,
      remedy: `Call it as ${call}${given instanceof Promise ? ", and await what it is given first" : ""}.`,
    },
  ]);
}
