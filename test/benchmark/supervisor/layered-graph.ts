/** A node of a generated graph. */
export interface GraphNode {
  readonly name: string;
  /** Names of nodes of the layer below; they stand earlier in the list. */
  readonly needs: readonly string[];
}

export interface GraphShape {
  readonly layers: number;
  /** Nodes of a layer. */
  readonly width: number;
  /** How many nodes of the layer below each needs; at most `width`. The first layer needs none. */
  readonly fanIn: number;
}

/**
 * Layers of equal width, each node needing its own neighbours in the layer below: node `p` of a layer needs `p`, `p + 1`, ... of it,
 * around the end. Every contestant builds this same graph by this same rule. A fan-in of the width is a ladder with full edges.
 */
export function layeredGraph({ layers, width, fanIn }: GraphShape): readonly GraphNode[] {
  return Array.from({ length: layers * width }, (_, index) => {
    const layer = Math.floor(index / width);
    const position = index % width;
    const needs =
      layer === 0 ? [] : Array.from({ length: fanIn }, (_, next) => nodeName(layer - 1, (position + next) % width));
    return { name: nodeName(layer, position), needs };
  });
}

function nodeName(layer: number, position: number): string {
  return `n${layer}-${position}`;
}
