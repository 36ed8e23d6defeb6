import { createController, defineComponent, type GraphSource, silentLogger, toDot, toMermaid } from "@tenure/core";
import { FakeLease, startTestController } from "@tenure/testing";
import { instance } from "@viz-js/viz";
import { describe, expect, test } from "vitest";
import { Probes } from "../probe-component.ts";
import { parseFlowchart } from "./parse-mermaid.ts";

const graphviz = await instance();

interface DotGraph {
  readonly objects: readonly {
    readonly name: string;
    readonly label: string;
    readonly nodes?: readonly number[];
    readonly class?: string;
    readonly fillcolor?: string;
  }[];
  readonly edges?: readonly { readonly tail: number; readonly head: number; readonly style: string }[];
}

/** What Graphviz makes of it; throws for what it does not accept. */
function parseDot(text: string) {
  const result = graphviz.render(text, { format: "json0", engine: "dot" });
  // It has no metrics of fonts for other letters, and says so.
  const errors = result.errors.filter(({ message }) => !message.includes("no value for width"));
  if (result.status !== "success" || errors.length > 0) throw new Error(JSON.stringify(result.errors));
  const { objects, edges = [] } = JSON.parse(result.output) as DotGraph;
  const label = (index: number) => objects[index]!.label.replaceAll("&amp;", "&").split("\\n")[0]!;
  return {
    clusters: objects
      .filter(({ nodes }) => nodes !== undefined)
      .map(({ label: title, nodes }) => ({ title, nodes: nodes!.map(label).sort() })),
    nodes: objects.flatMap((object, index) => (object.nodes === undefined ? [{ ...object, first: label(index) }] : [])),
    edges: edges.map(({ tail, head, style }) => ({ text: `${label(tail)} -> ${label(head)}`, style })),
  };
}

/** Two leases, every kind of edge, children, a failure; names with all that a name may hold. */
async function example() {
  const probes = new Probes();
  const connection = probes.define("verbindung.größe_1", { scope: "process" });
  const directory = probes.define("目录-1");
  const broken = probes.define("broken", {
    restart: { mode: "never" },
    start: () => {
      throw new Error("no");
    },
  });
  const stacks = probes.define("stacks", {
    needs: [directory, connection],
    after: [broken],
    spawns: true,
    start: (context) => {
      for (let index = 1; index <= 30; index++) context.spawn(probes.define(`t${index}`));
    },
  });
  const dashboard = defineComponent({ name: "end", wants: { stacks }, create: () => ({}) });
  const lease = new FakeLease({ name: "läder", needs: { connection } });
  const t = await startTestController({
    components: [connection, directory, broken, stacks, dashboard],
    leases: [lease.definition],
  });
  await t.grant();
  return t;
}

const edges = [
  "end -> stacks",
  "lease läder -> verbindung.größe_1",
  "stacks -> 28 more",
  "stacks -> broken",
  "stacks -> stacks/t1",
  "stacks -> stacks/t2",
  "stacks -> verbindung.größe_1",
  "stacks -> 目录-1",
];

describe("toMermaid", () => {
  test("is a flowchart for Mermaid's own parser: scopes, phases, and each kind of edge as drawn", async () => {
    await using t = await example();
    const parsed = await parseFlowchart(toMermaid(t.controller.snapshot(), { children: 2 }));
    expect(parsed.subgraphs.toSorted((left, right) => (left.title < right.title ? -1 : 1))).toEqual([
      {
        title: "leader",
        nodes: ["28 more", "broken", "lease leader", "stacks", "stacks/t1", "stacks/t2", "目录-1"],
      },
      { title: "läder", nodes: ["lease läder"] },
      { title: "process", nodes: ["end", "verbindung.größe_1"] },
    ]);
    expect(parsed.edges.map(({ text }) => text).sort()).toEqual(edges);
    const strokes = new Map(
      parsed.edges.map(({ text, stroke, label, style }) => [
        text,
        [stroke, label, ...style.filter((part) => part.startsWith("stroke-dasharray"))],
      ]),
    );
    expect(strokes.get("stacks -> 目录-1")).toEqual(["normal", ""]);
    expect(strokes.get("end -> stacks")).toEqual(["dotted", "wants", "stroke-dasharray:6 4"]);
    expect(strokes.get("stacks -> broken")).toEqual(["dotted", "after", "stroke-dasharray:1 4"]);
    expect(strokes.get("lease läder -> verbindung.größe_1")).toEqual(["thick", ""]);
    const classes = new Map([...parsed.nodes.values()].map(({ label, classes }) => [label, classes]));
    expect(classes.get("broken\nfailed")).toEqual(["failed"]);
    expect(classes.get("stacks\nrunning")).toEqual(["running"]);
    expect(classes.get("28 more\n28 running")).toEqual([]);
    expect(classes.get("lease leader\nheld")).toEqual([]);
  });

  test("of a thousand children is still one that Mermaid accepts", async () => {
    const probes = new Probes();
    const parent = probes.define("parent", { spawns: true });
    await using t = await startTestController({ components: [parent] });
    await t.grant();
    for (let index = 0; index < 1_000; index++) probes.contextOf("parent").spawn(probes.define(`c${index}`));
    expect((await parseFlowchart(toMermaid(t.controller.snapshot()))).edges).toHaveLength(11);
    await expect(parseFlowchart(toMermaid(t.controller.snapshot(), { children: 1_000 }))).rejects.toThrow();
  });

  test("is refused by the parser when it is damaged", async () => {
    await using t = await example();
    const text = toMermaid(t.controller.snapshot());
    await expect(parseFlowchart(text.replace("-->", "-->->"))).rejects.toThrow();
    await expect(parseFlowchart(text.replace('"]', "]"))).rejects.toThrow();
  });
});

describe("toDot", () => {
  test("is a graph for Graphviz: clusters, phases, and each kind of edge as drawn", async () => {
    await using t = await example();
    const parsed = parseDot(toDot(t.controller.snapshot(), { children: 2 }));
    expect(parsed.clusters).toEqual([
      { title: "process", nodes: ["end", "verbindung.größe_1"] },
      { title: "leader", nodes: ["28 more", "broken", "lease leader", "stacks", "stacks/t1", "stacks/t2", "目录-1"] },
      { title: "läder", nodes: ["lease läder"] },
    ]);
    expect(parsed.edges.map(({ text }) => text).sort()).toEqual(edges);
    const styles = new Map(parsed.edges.map(({ text, style }) => [text, style]));
    expect(styles.get("stacks -> 目录-1")).toBe("solid");
    expect(styles.get("end -> stacks")).toBe("dashed");
    expect(styles.get("stacks -> broken")).toBe("dotted");
    expect(styles.get("lease läder -> verbindung.größe_1")).toBe("bold");
    const failed = parsed.nodes.find(({ first }) => first === "broken");
    expect([failed?.class, failed?.label, failed?.fillcolor]).toEqual(["failed", "broken\\nfailed", "#ffc9c9"]);
  });

  test("is refused by Graphviz when it is damaged", async () => {
    await using t = await example();
    const text = toDot(t.controller.snapshot());
    expect(() => parseDot(text.replace("->", "=>"))).toThrow();
  });
});

describe("both drawings", () => {
  /** No composition accepts these names; a graph may come from elsewhere. */
  const hostile = [
    'a"b',
    "back\\slash",
    "trailing\\",
    "<b>bold</b>",
    "a & b &amp; c",
    "#quot; #35;",
    "%%{init: {}}%%",
    "`markdown`",
    "]; end --> x[",
    "end",
    "a; b",
    "classDef x: #1;",
  ];
  const source: GraphSource = {
    leases: [{ name: 'l"<', needs: [hostile[0]!] }],
    components: hostile.map((name, index) => ({
      name,
      scope: "process",
      needs: hostile.slice(index + 1, index + 2),
      wants: [],
      after: [],
    })),
  };
  const expected = hostile.slice(1).map((name, index) => `${hostile[index]} -> ${name}`);

  test("take any name as text: Mermaid", async () => {
    const parsed = await parseFlowchart(toMermaid(source));
    expect(parsed.edges.map(({ text }) => text)).toEqual([...expected, `lease l"< -> ${hostile[0]}`]);
    expect(parsed.subgraphs.map(({ title }) => title).sort()).toEqual(['l"<', "process"]);
    expect([...parsed.nodes.values()].flatMap(({ classes }) => classes)).toEqual([]);
  });

  test("take any name as text: DOT", () => {
    const parsed = parseDot(toDot(source));
    const unescaped = (text: string) => text.replaceAll("\\\\", "\\");
    expect(parsed.edges.map(({ text }) => unescaped(text))).toEqual([...expected, `lease l"< -> ${hostile[0]}`]);
  });

  test("have neither edges to what is not there nor colours for what has no phase", () => {
    const gone: GraphSource = {
      leases: [],
      components: [{ name: "a", scope: "process", needs: ["gone"], wants: [], after: [] }],
    };
    expect(toMermaid(gone)).toBe('flowchart TD\n  subgraph s0["process"]\n    n0["a"]\n  end\n');
    const { nodes, edges: none } = parseDot(toDot(gone));
    expect([nodes.map(({ first, class: phase }) => [first, phase]), none]).toEqual([[["a", undefined]], []]);
  });

  test("of a controller that was not started are the composition", async () => {
    const probes = new Probes();
    const a = probes.define("a", { scope: "process" });
    const controller = await createController({
      logger: silentLogger,
      components: [a, probes.define("b", { scope: "process", needs: [a] })],
    });
    const parsed = await parseFlowchart(toMermaid(controller.snapshot()));
    expect([...parsed.nodes.values()].map(({ label }) => label)).toEqual(["a\nidle", "b\nidle"]);
    expect(parsed.edges.map(({ text }) => text)).toEqual(["b -> a"]);
    await controller.stop();
  });

  test("are the same text for the same snapshot", async () => {
    await using t = await example();
    const snapshot = t.controller.snapshot();
    expect(toMermaid(structuredClone(snapshot))).toBe(toMermaid(snapshot));
    expect(toDot(structuredClone(snapshot))).toBe(toDot(snapshot));
  });
});
