import purify from "dompurify";

export interface ParsedFlowchart {
  /** By id. `label`: as a reader sees it, lines apart by a line feed. */
  readonly nodes: ReadonlyMap<string, { readonly label: string; readonly classes: readonly string[] }>;
  /** As `a -> b`, by the labels. */
  readonly edges: readonly {
    readonly text: string;
    readonly stroke: string;
    readonly label: string;
    readonly style: readonly string[];
  }[];
  readonly subgraphs: readonly { readonly title: string; readonly nodes: readonly string[] }[];
}

interface FlowchartDatabase {
  getVertices(): Map<string, { readonly text: string; readonly classes: readonly string[] }>;
  getEdges(): {
    readonly start: string;
    readonly end: string;
    readonly stroke: string;
    readonly text: string;
    readonly style?: readonly string[];
  }[];
  getSubGraphs(): { readonly title: string; readonly nodes: readonly string[] }[];
}

/**
 * What Mermaid's own parser makes of a flowchart; rejects for what it does not accept. Without a browser only its sanitiser of HTML is missing:
 * here text passes as it is.
 */
export async function parseFlowchart(text: string): Promise<ParsedFlowchart> {
  Object.assign(purify, { sanitize: (html: string) => html, addHook: () => {} });
  const { default: mermaid } = await import("mermaid");
  // `parse` applies directives and the limits of size; the other one gives what it found.
  const { diagramType } = await mermaid.parse(text);
  if (diagramType !== "flowchart-v2") throw new Error(`not a flowchart: ${diagramType}`);
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
  const database = diagram.db as unknown as FlowchartDatabase;
  const vertices = database.getVertices();
  const nodes = new Map(
    [...vertices].map(([id, vertex]) => [id, { label: seen(vertex.text), classes: vertex.classes }]),
  );
  const labelOf = (id: string) => nodes.get(id)?.label.split("\n")[0] ?? id;
  return {
    nodes,
    edges: database.getEdges().map((edge) => ({
      text: `${labelOf(edge.start)} -> ${labelOf(edge.end)}`,
      stroke: edge.stroke,
      label: edge.text,
      style: edge.style ?? [],
    })),
    subgraphs: database.getSubGraphs().map(({ title, nodes: members }) => ({
      title: seen(title),
      nodes: members.map(labelOf).sort(),
    })),
  };
}

/** Entities are kept in a form of Mermaid's own until it draws. */
function seen(text: string): string {
  return text.replaceAll(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll("<br/>", "\n");
}
