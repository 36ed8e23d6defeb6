import {
  componentGraph,
  type EdgeKind,
  type GraphNode,
  type GraphOptions,
  type GraphSource,
} from "./component-graph.ts";
import { phaseColours } from "./phase-colour.ts";

const edgeAttributes: Readonly<Record<EdgeKind, string>> = {
  needs: "style=solid",
  wants: 'style=dashed, label="wants"',
  after: 'style=dotted, label="after"',
  "lease-needs": "style=bold",
  child: "style=solid, arrowhead=odot",
};

/**
 * The graph in Graphviz' DOT: a cluster for each scope, a node for each component in the colour of its phase; arrows lead from the dependent
 * to what it depends on: `needs` solid, `wants` dashed, `after` dotted, what a lease needs bold, children from their parent.
 */
export function toDot(source: GraphSource, options?: GraphOptions): string {
  const { scopes, edges } = componentGraph(source, options);
  const lines = ["digraph tenure {", '  node [shape=box, style="rounded,filled", fillcolor=white, fontcolor=black];'];
  for (const scope of scopes) {
    lines.push(`  subgraph cluster_${scope.id} {`, `    label=${quote([scope.title])};`);
    for (const node of scope.nodes) lines.push(`    ${node.id} [${attributesOf(node)}];`);
    lines.push("  }");
  }
  for (const { from, to, kind } of edges) lines.push(`  ${from} -> ${to} [${edgeAttributes[kind]}];`);
  lines.push("}");
  return `${lines.join("\n")}\n`;
}

function attributesOf({ kind, label, phase }: GraphNode): string {
  const attributes = [`label=${quote(label)}`];
  if (kind === "lease") attributes.push("shape=hexagon");
  if (kind === "more") attributes.push('style="rounded,dashed"');
  if (phase !== undefined) {
    const { fill, border } = phaseColours[phase];
    attributes.push(`class="${phase}"`, `fillcolor="${fill}"`, `color="${border}"`);
  }
  return attributes.join(", ");
}

/** In labels a backslash begins an escape and an ampersand an HTML entity. `\n` centres the lines. */
function quote(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line
      .replaceAll("\\", "\\\\")
      .replaceAll('"', '\\"')
      .replaceAll("&", "&amp;")
      .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "),
  );
  return `"${escaped.join("\\n")}"`;
}
