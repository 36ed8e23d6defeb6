import type { Composition } from "../composition/compose.ts";

/**
 * How long it takes at most, once a component may stop, until it and whatever it alone keeps running have stopped: its own stop and the
 * longest chain below it in the same scope. Remembered for each composition: many children are spawned with the same needs.
 */
export class StopDepths {
  #composition: Composition | undefined;
  #depths = new Map<string, number>();

  below(component: string, composition: Composition): number {
    if (this.#composition !== composition) {
      this.#composition = composition;
      this.#depths = depthsOf(composition);
    }
    return this.#depths.get(component) ?? 0;
  }
}

/** The components of a composition stand in order, dependencies first. */
function depthsOf({ components }: Composition): Map<string, number> {
  const depths = new Map<string, number>();
  for (const [name, { node }] of components) {
    let below = 0;
    for (const other of [...node.needs, ...node.after]) {
      if (components.get(other)?.node.scope === node.scope) below = Math.max(below, depths.get(other) ?? 0);
    }
    depths.set(name, below + node.policy.stopTimeout + (node.policy.childrenStopTimeout ?? 0));
  }
  return depths;
}
