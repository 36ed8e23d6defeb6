import type { Clock } from "../clock/clock.ts";
import type { ConfigSource } from "../config/config-source.ts";
import { describeError, TenureError } from "../errors/tenure-error.ts";
import type { Logger } from "../log/logger.ts";
import type { ConfigInCode, Controller, RunOptions } from "./controller.ts";

/** For reading the configuration, in ms: longer than any file takes, and short for somebody who waits for the answer to a signal. */
const longestRead = 30_000;

/**
 * Changes the configuration whenever the process receives SIGHUP, as daemons do. Signals that come while a change is under way are one: what
 * is read after the last of them counts. A read that does not end within 30 s is given up.
 *
 * @returns a function that ends it.
 */
export function reloadOnHangup(
  controller: Pick<Controller, "reconfigure">,
  reload: NonNullable<RunOptions["reload"]>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): () => void {
  let underWay = false;
  let again = false;
  const change = async () => {
    underWay = true;
    do {
      again = false;
      try {
        const { added, changed, removed } = await controller.reconfigure(await readInTime(reload, clock));
        logger.info({ added, changed, removed }, "the configuration was read anew");
      } catch (error) {
        logger.error({ error: describeError(error) }, "the new configuration is refused, and the old one goes on");
      }
    } while (again);
    underWay = false;
  };
  const onHangup = () => {
    if (underWay && !again)
      logger.info({}, "a change of the configuration is under way; it is read once more after it");
    again = true;
    if (!underWay) void change();
  };
  process.on("SIGHUP", onHangup);
  return () => process.off("SIGHUP", onHangup);
}

async function readInTime(
  reload: NonNullable<RunOptions["reload"]>,
  clock: Clock,
): Promise<ConfigSource | ConfigInCode> {
  const late = Promise.withResolvers<never>();
  const timer = clock.setTimer(longestRead, () =>
    late.reject(
      new TenureError(`the configuration was not read within ${longestRead / 1_000} s`, {
        code: "TENURE_CONFIG_UNREADABLE",
        remedy: "See what the function given as `reload` waits for, then send SIGHUP again.",
      }),
    ),
  );
  try {
    return await Promise.race([reload(), late.promise]);
  } finally {
    timer.cancel();
  }
}
