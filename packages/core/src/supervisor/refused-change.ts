import { TenureError } from "../errors/tenure-error.ts";

/** Why a valid change of the composition does not take place. */
export function shuttingDown(): TenureError {
  return new TenureError("the configuration was not changed: the process shuts down", {
    code: "TENURE_SHUTTING_DOWN",
    remedy: "Give it to the process that comes after this one.",
  });
}

/** @param hanging what their calls wait for, with a colon before it; may be empty */
export function stuckInTheWay(stuck: readonly string[], hanging: string): TenureError {
  const names = stuck.map((name) => `"${name}"`).join(", ");
  return new TenureError(`the configuration was not changed: ${names} did not stop in time${hanging}`, {
    code: "TENURE_CHANGE_STUCK",
    remedy:
      "Mend the stop that hangs, or give it a longer stopTimeout; then change the configuration again. The old one goes on.",
  });
}
