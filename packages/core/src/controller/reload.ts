import type { Clock, Timer } from "../clock/clock.ts";
import { describeError, TenureError } from "../errors/tenure-error.ts";
import type { Logger } from "../log/logger.ts";
import type { Controller, RunOptions } from "./controller.ts";

type Reload = NonNullable<RunOptions["reload"]>;

/** Far more than any file takes, in ms: a file system or a server that does not answer must not keep later signals waiting for ever. */
const readDeadline = 30_000;

/**
 * Changes the configuration whenever the process receives SIGHUP, as daemons do. Signals that come while a change is under way are one: what
 * is read after the last of them counts. A read that takes longer than its deadline is given up, and what it gives later is dropped.
 *
 * @returns a function that ends it.
 */
export function reloadOnHangup(
  controller: Pick<Controller, "reconfigure">,
  reload: Reload,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): () => void {
  let underWay = false;
  let again = false;
  let deadline: Timer | undefined;
  const read = async (): Promise<Awaited<ReturnType<Reload>>> => {
    const late = Promise.withResolvers<never>();
    deadline = clock.setTimer(readDeadline, () => late.reject(tooSlow()));
    try {
      return await Promise.race([reload(), late.promise]);
    } finally {
      deadline.cancel();
    }
  };
  const change = async () => {
    underWay = true;
    do {
      again = false;
      try {
        const { added, changed, removed } = await controller.reconfigure(await read());
        logger.info({ added, changed, removed }, "the configuration was read anew");
      } catch (error) {
        logger.error({ error: describeError(error) }, "the new configuration is refused, and the old one goes on");
      }
    } while (again);
    underWay = false;
  };
  const onHangup = () => {
    if (!underWay) {
      void change();
      return;
    }
    const what = again ? "it is to be read once more already" : "it is read once more after that";
    again = true;
    logger.info({ signal: "SIGHUP" }, `SIGHUP while a change of the configuration is under way: ${what}`);
  };
  process.on("SIGHUP", onHangup);
  return () => {
    process.off("SIGHUP", onHangup);
    deadline?.cancel();
  };
}

function tooSlow(): TenureError {
  return new TenureError(`what reload gives has not come within ${readDeadline} ms`, {
    code: "TENURE_RELOAD_TIMEOUT",
    remedy: "See what it reads from; send SIGHUP again when that answers.",
  });
}
