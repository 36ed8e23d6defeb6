import { randomInt } from "node:crypto";
import type { Clock } from "../clock/clock.ts";
import { systemClock } from "../clock/system-clock.ts";
import type { ComponentDefinition } from "../component/define-component.ts";
import { requireObject } from "../composition/check-given.ts";
import { compose } from "../composition/compose.ts";
import { type ConfigSource, configInCode, isConfigSource } from "../config/config-source.ts";
import type { LeaseDefinition } from "../lease/define-lease.ts";
import { uniqueIdentity } from "../lease/unique-identity.ts";
import { jsonLogger, type Logger } from "../log/logger.ts";
import type { Plugin } from "../plugin/define-plugin.ts";
import { type ConfigInCode, Controller } from "./controller.ts";

export interface ControllerOptions {
  readonly plugins?: readonly Plugin[];
  /** Components and leases that belong to no plugin. */
  readonly components?: readonly ComponentDefinition[];
  readonly leases?: readonly LeaseDefinition[];
  /** From `loadConfig`, or a plain object whose keys are the names of plugins. Default: none. */
  readonly config?: ConfigSource | ConfigInCode;
  /** Names this process in logs. Default `<hostname>_<uuid>`. */
  readonly identity?: string;
  /** Default: one JSON object a line, on standard error. */
  readonly logger?: Logger;
  /** Default: the clock of this machine. */
  readonly clock?: Clock;
  /** Of the jitter of back-offs. Default: random. */
  readonly seed?: number;
  /** For how long a yielded lease is left to others, in ms. Default 30,000: two leases of the default length, so that another takes it. */
  readonly yieldPause?: number;
  /** Ends the process at once, when a component is stuck and the lease must not be released. Default `process.exit`. */
  readonly exit?: (code: number, reason: string) => void;
}

/**
 * Checks a composition and makes a controller of it. Constructs no component: that happens after `start` or `run`.
 *
 * @throws CompositionError with everything that is wrong: names, edges, cycles, scopes, stop chains, configuration.
 */
export async function createController(options: ControllerOptions): Promise<Controller> {
  requireObject(options, "createController", "createController({ plugins, config })");
  const input = {
    plugins: options.plugins ?? [],
    components: options.components ?? [],
    leases: options.leases ?? [],
  };
  const config = isConfigSource(options.config) ? options.config : configInCode(options.config ?? {});
  return new Controller(compose({ ...input, config }), {
    input,
    identity: options.identity ?? uniqueIdentity(),
    clock: options.clock ?? systemClock,
    logger: options.logger ?? jsonLogger(),
    seed: options.seed ?? randomInt(2 ** 32),
    yieldPause: options.yieldPause ?? 30_000,
    exit: options.exit ?? ((code) => process.exit(code)),
  });
}
