import { type Clock, type ComponentContext, describeError, type Timer } from "@tenure/core";
import type { StackApplier } from "@tenure/stack-applier";
import type { DirectorySnapshot, ManifestStack } from "../directory/directory-snapshot.ts";
import type { ManifestDirectory } from "../directory/manifest-directory.ts";
import { describeManifestError } from "../parse/manifest-error.ts";

/** How this applier's stacks are recorded on the cluster. */
export const directorySource = "directory";

export interface ManifestApplierOptions {
  /** A stable name of this machine, not of this process: it removes only what it has had. */
  readonly node: string;
  readonly clock: Clock;
  /** After a look at the cluster has failed, in ms. */
  readonly retryDelay: number;
}

/**
 * Hands what the directory says to the stack applier, for one term. Built anew for each: it knows of no stack that an earlier term applied,
 * and learns from the cluster what was removed while nobody led.
 */
export class ManifestApplier {
  readonly #directory: ManifestDirectory;
  readonly #stacks: StackApplier;
  readonly #options: ManifestApplierOptions;
  #context: ComponentContext | undefined;
  #unsubscribe: () => void = () => {};
  #timer: Timer | undefined;
  /** Names that this instance has handed over. */
  readonly #applied = new Set<string>();
  /** The errors that were told last, so that each is told once. */
  readonly #told = new Map<string, string>();
  #comparedWithCluster = false;

  constructor(directory: ManifestDirectory, stacks: StackApplier, options: ManifestApplierOptions) {
    this.#directory = directory;
    this.#stacks = stacks;
    this.#options = options;
  }

  start(context: ComponentContext): void {
    this.#context = context;
    this.#unsubscribe = this.#directory.subscribe(() => this.#reconcile());
    this.#reconcile();
    void this.#compareWithCluster();
  }

  stop(): void {
    this.#unsubscribe();
    this.#timer?.cancel();
  }

  /** Level, not edge: everything that the directory says is handed over again; what has not changed costs nothing. */
  #reconcile(): void {
    if (this.#context === undefined || this.#context.signal.aborted) return;
    const { snapshot } = this.#directory;
    for (const stack of snapshot.stacks.values()) this.#apply(stack);
    if (snapshot.silent !== undefined) {
      this.#tell(snapshot.directory, `${snapshot.directory}: ${snapshot.silent}: nothing is removed`);
      return;
    }
    this.#told.delete(snapshot.directory);
    for (const name of this.#applied) if (!snapshot.stacks.has(name)) this.#remove(name);
    if (!this.#comparedWithCluster) void this.#compareWithCluster();
  }

  #apply(stack: ManifestStack): void {
    this.#tell(stack.name, stack.errors.map(describeManifestError).join("\n"));
    try {
      this.#stacks.apply({
        name: stack.name,
        objects: stack.objects,
        hash: stack.hash,
        incomplete: stack.incomplete,
        source: { kind: directorySource, node: this.#options.node },
      });
      this.#applied.add(stack.name);
    } catch (error) {
      this.#tell(stack.name, `stack ${stack.name}: ${describeError(error)}`);
    }
  }

  #remove(name: string): void {
    this.#applied.delete(name);
    this.#context?.logger.info(
      { stack: name },
      `the directory has no ${name} any more: it is removed from the cluster`,
    );
    // It is tried until it succeeds, or is handed over again, or the term ends: then the next one finds it on the cluster.
    this.#stacks.remove(name).catch(() => {});
  }

  /** What the cluster has recorded of this node and the directory does not have was removed while this node did not lead. */
  async #compareWithCluster(): Promise<void> {
    const signal = this.#context?.signal;
    if (this.#comparedWithCluster || signal === undefined) return;
    this.#comparedWithCluster = true;
    try {
      const recorded = await this.#stacks.stacksOnCluster();
      const { snapshot } = this.#directory;
      if (signal.aborted) return;
      if (mayNotRemove(snapshot)) {
        this.#comparedWithCluster = false;
        return;
      }
      for (const { name, sourceKind, nodes } of recorded) {
        // It was here: the cluster has recorded that, or this process has seen it come and go while another led.
        const ours = nodes.includes(this.#options.node) || snapshot.removed.has(name);
        if (sourceKind === directorySource && ours && !snapshot.stacks.has(name)) this.#remove(name);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#comparedWithCluster = false;
      this.#tell("cluster", `what the cluster has recorded cannot be read: ${describeError(error)}`);
      this.#timer = this.#options.clock.setTimer(this.#options.retryDelay, () => void this.#compareWithCluster());
    }
  }

  #tell(about: string, message: string): void {
    if ((this.#told.get(about) ?? "") === message) return;
    this.#told.set(about, message);
    if (message !== "") this.#context?.logger.warn({ about }, message);
    else this.#context?.logger.info({ about }, `${about}: reads well again`);
  }
}

function mayNotRemove(snapshot: DirectorySnapshot): boolean {
  return !snapshot.scanned || snapshot.silent !== undefined;
}
