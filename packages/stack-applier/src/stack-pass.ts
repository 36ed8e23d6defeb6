import { applyObjects } from "./apply-objects.ts";
import type { PassContext } from "./pass-context.ts";
import { extentOf, prepareObjects, union } from "./prepare-objects.ts";
import { pruneLeftovers } from "./prune-leftovers.ts";
import type { StackFailure, StackSource } from "./stack-source.ts";

export interface PassResult {
  readonly applied: number;
  readonly pruned: number;
  readonly failures: readonly StackFailure[];
  /** Why nothing was pruned. */
  readonly pruneHeld: string | undefined;
  /** Members that should be gone and may not be yet: look again soon. */
  readonly left: number;
}

/**
 * One pass over a stack: the parent is widened, everything is applied, what left the stack is pruned, the parent is narrowed. Each step can be
 * the last before a crash: the next pass, of whatever process, finds every member by the kinds that the parent names.
 *
 * @throws TermEndedError, and KubernetesError when the parent cannot be read or written: then nothing was applied.
 */
export async function runPass(source: StackSource, context: PassContext): Promise<PassResult> {
  const { parent, signal } = context;
  const recorded = await parent.read({ signal });
  const { ready, failures: unknown } = await prepareObjects(source, context);
  const wanted = extentOf(ready);
  const wide = union(recorded, wanted);
  await parent.write(wide, source, { signal });
  const { applied, failures: notApplied } = await applyObjects(ready, context);
  const failures = [...unknown, ...notApplied];
  const pruneHeld = whyNotPruned(source, failures);
  if (pruneHeld !== undefined) return { applied, pruned: 0, failures, pruneHeld, left: 0 };
  const prune = await pruneLeftovers(wide, ready, context);
  if (prune.held === undefined && prune.left === 0) await parent.write(wanted, source, { signal });
  return {
    applied,
    pruned: prune.pruned,
    failures: [...failures, ...prune.failures],
    pruneHeld: prune.held,
    left: prune.left,
  };
}

/**
 * What replaces an object may be among what failed (a renamed Deployment): the old one stays until the new one is there. And a source
 * that could not be read whole does not say what has left it.
 */
function whyNotPruned(source: StackSource, failures: readonly StackFailure[]): string | undefined {
  if (source.incomplete) return "the source could not be read whole";
  if (failures.length > 0) return `${failures.length} of its objects could not be applied`;
  return undefined;
}

/** Deletes every member, then the parent; without a parent there is nothing to do. */
export async function runRemoval(context: PassContext): Promise<PassResult & { readonly gone: boolean }> {
  const { parent, signal } = context;
  const nothing = { applied: 0, pruned: 0, failures: [], pruneHeld: undefined, left: 0 };
  const recorded = await parent.read({ signal });
  if (recorded === undefined) return { ...nothing, gone: true };
  const first = await pruneLeftovers(recorded, [], context);
  // Most objects are gone as soon as they are deleted: a second look spares a wait.
  const last = first.pruned > 0 && first.held === undefined ? await pruneLeftovers(recorded, [], context) : first;
  const gone = last.held === undefined && last.left === 0;
  if (gone) await parent.delete({ signal });
  return {
    applied: 0,
    pruned: first.pruned,
    failures: last.failures,
    pruneHeld: last.held,
    left: last.left,
    gone,
  };
}
