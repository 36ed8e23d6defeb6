import {
  type ComponentDefinition,
  type Controller,
  createController,
  describeError,
  type Plugin,
  processScope,
  silentLogger,
} from "@tenure/core";
import { FakeLease } from "../fake-lease.ts";
import { settled } from "../virtual-clock.ts";
import { ConformanceError } from "./conformance-error.ts";
import type { ConformanceOptions } from "./conformance-options.ts";
import { type LifeObserver, ObservedLife, observed } from "./observed-component.ts";
import { ResourceTracker } from "./resource-tracker.ts";
import { StageClock } from "./stage-clock.ts";
import type { UnhandledErrors } from "./unhandled-errors.ts";
import { within } from "./within.ts";

/** So long that no stop timeout is too long for it, and that nothing is overdue: the suite judges deadlines itself. */
const timing = { leaseDuration: 1e9, renewDeadline: 1e8, retryPeriod: 1_000, safetyMargin: 1e8 };

/** How a life is ended. `drain`: as by a lease that cannot be renewed. `take`: its term is over at once. */
export type Ending = "drain" | "take";

/**
 * The component under test on a real controller, in real time, with fake leases. A process-scoped component gets a controller for
 * each of its lives, a leased one a term of one controller.
 */
export class Stage implements LifeObserver {
  readonly tracker: ResourceTracker;
  /** Told of every life that begins. */
  onLife: ((life: ObservedLife) => void) | undefined;
  needsFail = false;
  readonly #options: ConformanceOptions;
  readonly #leases: readonly FakeLease[];
  readonly #clock = new StageClock();
  readonly #endCollecting: () => void;
  #controller: Controller | undefined;
  /** The end of the controller before this one. */
  #stopping: Promise<void> = Promise.resolve();
  #definition: ComponentDefinition | undefined;
  #next = Promise.withResolvers<ObservedLife>();

  constructor(options: ConformanceOptions, unhandled: UnhandledErrors) {
    this.#options = options;
    const { component } = options;
    const own = typeof component === "string" || component.scope === processScope ? "leader" : component.scope;
    const names = new Set(options.leases ?? [own]);
    this.#leases = [...names].map((name) => new FakeLease({ name, timing }));
    this.tracker = new ResourceTracker(this.name);
    this.tracker.begin();
    this.#endCollecting = unhandled.begin(this.tracker);
  }

  get name(): string {
    return typeof this.#options.component === "string" ? this.#options.component : this.#options.component.name;
  }

  /** Known from the first life on, when it comes from a plugin. */
  get definition(): ComponentDefinition {
    if (this.#definition === undefined) throw this.#setup("has not been made yet", "Start it first.");
    return this.#definition;
  }

  created(life: ObservedLife): void {
    this.onLife?.(life);
    this.#next.resolve(life);
  }

  createFailed(error: unknown): void {
    this.#next.reject(error);
  }

  /**
   * Composes the component with what it was given; begins nothing.
   *
   * @throws ConformanceError when that cannot be done, or the component is not there.
   */
  async compose(): Promise<void> {
    this.#controller ??= await this.#createController();
  }

  /**
   * Begins a life: resolves when `start` (or `run`) has been called.
   *
   * @throws ConformanceError when it is never called: something that it needs does not run, or `create` throws.
   */
  async begin(): Promise<ObservedLife> {
    this.#next = Promise.withResolvers();
    this.#next.promise.catch(() => {});
    await within(this.#stopping, this.#stopLimit);
    this.#controller ??= await this.#createController();
    this.#controller.start();
    for (const lease of this.#leases) lease.grant();
    const life = await within(this.#next.promise, 10_000).catch((error) => {
      throw this.#setup(`could not be made: ${describeError(error)}`, "`create` must not throw.", error);
    });
    if (life === undefined) {
      const waits = this.#controller
        .snapshot()
        .components.flatMap(({ name, phase, reason }) =>
          phase === "running" ? [] : [`${name} is ${phase}: ${reason.text}`],
        );
      throw this.#setup(`is never started: ${waits.join("; ")}`, "Provide what it needs by `provide` or `plugins`.");
    }
    await life.start.called;
    return life;
  }

  /** Asks the life to end; does not wait for it. */
  end(how: Ending): void {
    const scope = this.#definition?.scope;
    const lease = this.#leases.find((candidate) => candidate.name === scope);
    if (lease === undefined) {
      this.#stopping = this.#controller?.stop() ?? this.#stopping;
      this.#controller = undefined;
    } else if (how === "drain") lease.drain();
    else lease.take();
  }

  /** What is left stops; waits for it at most as long as it may take. */
  async close(): Promise<void> {
    this.#stopping = this.#controller?.stop() ?? this.#stopping;
    this.#controller = undefined;
    await within(this.#stopping, this.#stopLimit);
    await settled();
    this.#endCollecting();
    this.tracker.end();
    this.#clock.cancelAll();
  }

  get #stopLimit(): number {
    return (this.#definition?.policy.stopTimeout ?? 0) + 100;
  }

  async #createController(): Promise<Controller> {
    const { component, plugins = [], provide = [], config = {}, logger = silentLogger } = this.#options;
    const composing = createController({
      plugins: plugins.map((plugin) => this.#observePlugin(plugin)),
      components: [...provide, ...(typeof component === "string" ? [] : [this.#observe(component)])],
      leases: this.#leases.map((lease) => lease.definition),
      config,
      logger,
      seed: 1,
      identity: "conformance",
      clock: this.#clock,
      // A component that hangs is reported by the case; the process goes on.
      exit: () => {},
    });
    const controller = await composing.catch((error) => {
      throw this.#setup(
        `cannot be composed: ${describeError(error)}`,
        "Provide what it needs by `provide` or `plugins`.",
        error,
      );
    });
    if (this.#definition !== undefined) return controller;
    const names = controller.snapshot().components.map(({ name }) => name);
    throw this.#setup(`is not in the composition, which has ${names.join(", ") || "none"}`, "Correct the name.");
  }

  #observePlugin(plugin: Plugin): Plugin {
    return {
      ...plugin,
      uses: plugin.uses.map((used) => this.#observePlugin(used)),
      contribute: (config) => ({
        components: (plugin.contribute(config).components ?? []).map((definition) =>
          definition.name === this.#options.component ? this.#observe(definition) : definition,
        ),
      }),
    };
  }

  #observe(definition: ComponentDefinition): ComponentDefinition {
    this.#definition = definition;
    return observed(definition, this);
  }

  #setup(message: string, remedy: string, cause?: unknown): ConformanceError {
    return new ConformanceError("TENURE_CONFORMANCE_SETUP", this.name, message, { remedy, cause });
  }
}
