import type { ComponentDefinition, ConfigInCode, Logger, Plugin } from "@tenure/core";
import type { CreatedResource } from "./resource-tracker.ts";

/** What is tested, and what it has to be given for that. */
export interface ConformanceOptions {
  /** The component itself, or the name of one that `plugins` contribute. */
  readonly component: ComponentDefinition | string;
  /** Plugins that contribute it, or that it needs. Leases of theirs are replaced by a fake one. Default: none. */
  readonly plugins?: readonly Plugin[];
  /** The providers of what it needs, fakes as a rule: see `fakeProvider`. Default: none. */
  readonly provide?: readonly ComponentDefinition[];
  /** Of the plugins. Default: none. */
  readonly config?: ConfigInCode;
  /** Names of the leases that are there. Default: the scope of `component`, else `leader`. */
  readonly leases?: readonly string[];
  /**
   * Gets an instance that runs into the middle of its work; receives what `create` has made. Called once a life, and awaited.
   * Default: nothing, so that only what it does by itself is tested.
   */
  readonly work?: (instance: object) => Promise<void> | void;
  /** How many writes it has sent so far, to whatever it writes to. Default: none is known, and the case about writes does not apply. */
  readonly writes?: () => number;
  /**
   * Makes every following start fail; returns the function that undoes it. Default: whatever the component needs throws when it is used.
   */
  readonly failStart?: () => () => void;
  /** Lives in the long case. Default 100. */
  readonly terms?: number;
  /** Heap that may be kept for each term of the long case, in bytes. Default 8,192: below that, noise of the engine is as large. */
  readonly heapPerTerm?: number;
  /** For how long after its end an instance may take to be gone altogether (a socket that closes), in ms. Default 250. */
  readonly grace?: number;
  /** For how long it is watched after its term for what it still does, in ms. Default 100. */
  readonly watch?: number;
  /** Resources that are no leak, as those of a pool that the whole process shares. Default: none. */
  readonly ignore?: (resource: CreatedResource) => boolean;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
}
