import {
  type Clock,
  type ComponentContext,
  type ComponentHandle,
  defineComponent,
  describeError,
  type Logger,
  TenureError,
} from "@tenure/core";
import type { KubernetesConnection } from "@tenure/kubernetes";
import type { StackApplier } from "./stack-applier.ts";
import { listStacks } from "./stack-parent.ts";
import { StackReconciler } from "./stack-reconciler.ts";
import type { StackOnCluster, StackSource, StackStatus } from "./stack-source.ts";

export interface StackApplierOptions {
  readonly parentNamespace: string;
  readonly resyncInterval: number;
}

interface Entry {
  source: StackSource;
  removing: boolean;
  reconciler: StackReconciler | undefined;
  handle: ComponentHandle;
  removed: PromiseWithResolvers<void> | undefined;
}

/** The applier of one term. Each stack is a spawned component: it restarts, backs off, reports and stops like any other. */
export class StackApplierComponent implements StackApplier {
  readonly #connection: KubernetesConnection;
  readonly #options: StackApplierOptions;
  readonly #clock: Clock;
  readonly #stacks = new Map<string, Entry>();
  readonly #listeners = new Set<(status: StackStatus) => void>();
  #context: ComponentContext | undefined;

  constructor(connection: KubernetesConnection, clock: Clock, options: StackApplierOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#options = options;
  }

  start(context: ComponentContext): void {
    this.#context = context;
  }

  /** The stacks have stopped by now: they are children. */
  stop(): void {
    for (const entry of this.#stacks.values()) entry.removed?.reject(stopped());
    this.#stacks.clear();
    this.#listeners.clear();
  }

  apply(source: StackSource): void {
    const context = this.#running();
    assertName(source.name);
    const entry = this.#stacks.get(source.name);
    if (entry !== undefined) {
      entry.source = source;
      entry.removing = false;
      entry.removed?.reject(superseded());
      entry.removed = undefined;
      entry.reconciler?.update(source);
      return;
    }
    this.#stacks.set(source.name, this.#spawn(context, source, false));
  }

  async remove(name: string): Promise<void> {
    const context = this.#running();
    let entry = this.#stacks.get(name);
    if (entry === undefined) {
      entry = this.#spawn(context, { name, objects: [], hash: "" }, true);
      this.#stacks.set(name, entry);
    }
    entry.removing = true;
    entry.reconciler?.remove();
    if (entry.removed === undefined) {
      entry.removed = Promise.withResolvers<void>();
      // Whoever does not await the removal is not to be ended by its failure.
      entry.removed.promise.catch(() => {});
    }
    await entry.removed.promise;
  }

  status(): readonly StackStatus[] {
    return [...this.#stacks.values()].flatMap((entry) => entry.reconciler?.status ?? []);
  }

  subscribe(listener: (status: StackStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  stacksOnCluster(): Promise<readonly StackOnCluster[]> {
    const { signal } = this.#running();
    return listStacks(this.#connection.client, this.#options.parentNamespace, { signal });
  }

  #running(): ComponentContext {
    if (this.#context === undefined || this.#context.signal.aborted) throw stopped();
    return this.#context;
  }

  #spawn(context: ComponentContext, source: StackSource, removing: boolean): Entry {
    const entry: Entry = { source, removing, reconciler: undefined, handle: noHandle, removed: undefined };
    entry.handle = context.spawn(
      defineComponent({
        name: source.name,
        scope: context.term.lease,
        create: () => ({ run: (child) => this.#run(entry, child) }),
      }),
    );
    return entry;
  }

  /** The life of one stack; each restart works with a reconciler of its own. */
  async #run(entry: Entry, child: ComponentContext): Promise<void> {
    const reconciler = new StackReconciler(entry.source, {
      client: this.#connection.client,
      clock: this.#clock,
      ...this.#options,
      changed: (status) => this.#report(status, child.logger),
    });
    entry.reconciler = reconciler;
    if (entry.removing) reconciler.remove();
    await reconciler.run(child.term, child.signal);
    if (child.signal.aborted || !entry.removing) return;
    const { name } = entry.source;
    this.#stacks.delete(name);
    // Not awaited: the child is gone when this life has ended.
    void entry.handle.remove("the stack is gone from the cluster").then(() => entry.removed?.resolve());
  }

  #report(status: StackStatus, logger: Logger): void {
    for (const failure of status.phase === "failing" ? status.failures : []) {
      const where = failure.origin === undefined ? "" : ` (${failure.origin.file}:${failure.origin.line})`;
      logger.warn(
        { stack: status.name, code: failure.code },
        `${failure.object}${where}: ${failure.message} → ${failure.remedy}`,
      );
    }
    for (const listener of this.#listeners) {
      try {
        listener(status);
      } catch (error) {
        logger.error({ stack: status.name, error: describeError(error) }, "a listener of the stack applier failed");
      }
    }
  }
}

const noHandle: ComponentHandle = { name: "", remove: async () => {} };

function stopped(): TenureError {
  return new TenureError("the stack applier has stopped", {
    code: "STACK_APPLIER_STOPPED",
    remedy: "Hand the stack over again in the next term, in `start`.",
  });
}

function superseded(): TenureError {
  return new TenureError("the stack was handed over again while it was being removed", {
    code: "STACK_REMOVAL_SUPERSEDED",
    remedy: "Nothing: the stack is kept, as was asked last.",
  });
}

/** The name becomes part of a ConfigMap's name and of a field manager's. */
function assertName(name: string): void {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) && name.length <= 100) return;
  throw new TenureError(`"${name}" cannot be the name of a stack`, {
    code: "STACK_BAD_NAME",
    remedy: "Use up to 100 lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit.",
  });
}
