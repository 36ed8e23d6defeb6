import { describeError } from "../errors/tenure-error.ts";
import type { Logger } from "../log/logger.ts";
import type { Controller, RunOptions } from "./controller.ts";

/**
 * Changes the configuration whenever the process receives SIGHUP, as daemons do. Signals that come while a change is under way are one: what
 * is read after the last of them counts.
 *
 * @returns a function that ends it.
 */
export function reloadOnHangup(
  controller: Pick<Controller, "reconfigure">,
  reload: NonNullable<RunOptions["reload"]>,
  logger: Logger,
): () => void {
  let underWay = false;
  let again = false;
  const change = async () => {
    underWay = true;
    do {
      again = false;
      try {
        const { added, changed, removed } = await controller.reconfigure(await reload());
        logger.info({ added, changed, removed }, "the configuration was read anew");
      } catch (error) {
        logger.error({ error: describeError(error) }, "the new configuration is refused, and the old one goes on");
      }
    } while (again);
    underWay = false;
  };
  const onHangup = () => {
    again = true;
    if (!underWay) void change();
  };
  process.on("SIGHUP", onHangup);
  return () => process.off("SIGHUP", onHangup);
}
