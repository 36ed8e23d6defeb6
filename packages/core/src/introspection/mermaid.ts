import {
  componentGraph,
  type EdgeKind,
  type GraphEdge,
  type GraphNode,
  type GraphOptions,
  type GraphSource,
} from "./component-graph.ts";
import { phaseColours } from "./phase-colour.ts";

const arrows: Readonly<Record<EdgeKind, string>> = {
  needs: "-->",
  wants: "-. wants .->",
  after: "-. after .->",
  "lease-needs": "==>",
  child: "--o",
};

/** Mermaid has one kind of broken line; the lengths of the dashes tell the two apart. */
const dashes: Partial<Readonly<Record<EdgeKind, string>>> = { wants: "6 4", after: "1 4" };

/**
 * The graph as a Mermaid flowchart: a subgraph for each scope, a node for each component in the colour of its phase; arrows lead from
 * the dependent to what it depends on: `needs` solid, `wants` dashed, `after` dotted, what a lease needs thick, children from their parent.
 * Mermaid itself refuses more than 500 edges unless its `maxEdges` is raised: `toDot` has no limit.
 */
export function toMermaid(source: GraphSource, options?: GraphOptions): string {
  const { scopes, edges } = componentGraph(source, options);
  const lines = ["flowchart TD"];
  for (const scope of scopes) {
    lines.push(`  subgraph ${scope.id}["${escapeLabel(scope.title)}"]`);
    for (const node of scope.nodes) lines.push(`    ${nodeText(node)}`);
    lines.push("  end");
  }
  for (const edge of edges) lines.push(`  ${edge.from} ${arrows[edge.kind]} ${edge.to}`);
  const used = new Set(scopes.flatMap(({ nodes }) => nodes.map(({ phase }) => phase)));
  for (const [phase, { fill, border }] of Object.entries(phaseColours)) {
    if ((used as ReadonlySet<string | undefined>).has(phase)) {
      lines.push(`  classDef ${phase} fill:${fill},stroke:${border},color:#000`);
    }
  }
  lines.push(...lineStyles(edges));
  return `${lines.join("\n")}\n`;
}

function nodeText({ id, kind, label, phase }: GraphNode): string {
  const text = label.map(escapeLabel).join("<br/>");
  if (kind === "lease") return `${id}{{"${text}"}}`;
  if (kind === "more") return `${id}(["${text}"])`;
  return `${id}["${text}"]${phase === undefined ? "" : `:::${phase}`}`;
}

function lineStyles(edges: readonly GraphEdge[]): readonly string[] {
  return Object.entries(dashes).flatMap(([kind, dash]) => {
    const indices = [...edges.entries()].filter(([, edge]) => edge.kind === kind).map(([index]) => index);
    return indices.length === 0 ? [] : [`  linkStyle ${indices.join(",")} stroke-dasharray:${dash}`];
  });
}

/** Whatever Mermaid could take for syntax, markdown, HTML or a directive becomes an entity in its notation. */
function escapeLabel(text: string): string {
  return [...text]
    .map((character) => (/[\p{L}\p{N}\p{M} ._/:,-]/u.test(character) ? character : `#${character.codePointAt(0)};`))
    .join("");
}
