import type { ComponentSnapshot } from "../controller/snapshot.ts";
import { sortGraph } from "../graph/dependency-graph.ts";
import { counted } from "../text/counted.ts";
import { durationText } from "./duration-text.ts";
import { chooseChildren, countPhases } from "./shown-children.ts";
import { oneLine } from "./text-table.ts";

/** Name in the tree, phase, for how long, how long it waited, how long its start took, remarks. */
export type ComponentRow = readonly string[];

export const columnNames: ComponentRow = ["", "phase", "for", "waited", "took", ""];

/** The components of one scope, dependencies first, as a tree whose branches are children that were spawned. */
export function componentRows(
  components: readonly ComponentSnapshot[],
  scope: string,
  shownChildren: number,
): readonly ComponentRow[] {
  const byParent = new Map<string | undefined, ComponentSnapshot[]>();
  for (const component of components) {
    if (component.scope !== scope) continue;
    const siblings = byParent.get(component.parent) ?? [];
    byParent.set(component.parent, siblings);
    siblings.push(component);
  }
  const rows: ComponentRow[] = [];
  const add = (parent: string | undefined, indent: string) => {
    const siblings = inStartOrder(byParent.get(parent) ?? []);
    // The composition is of a size that somebody has written; children may be thousands.
    const { shown, rest } =
      parent === undefined ? { shown: siblings, rest: [] } : chooseChildren(siblings, shownChildren);
    for (const [index, component] of shown.entries()) {
      const isLast = index === shown.length - 1 && rest.length === 0;
      rows.push(rowOf(component, `${indent}${isLast ? "└─ " : "├─ "}`));
      add(component.name, `${indent}${isLast ? "   " : "│  "}`);
    }
    if (rest.length > 0) rows.push([`${indent}└─ … ${rest.length} more`, "", "", "", "", countPhases(rest)]);
  };
  add(undefined, "");
  return rows;
}

function inStartOrder(components: readonly ComponentSnapshot[]): readonly ComponentSnapshot[] {
  const nodes = components.map((component) => ({
    name: component.name,
    before: [...component.needs, ...component.after],
    component,
  }));
  const sorted = sortGraph(nodes);
  return "order" in sorted ? sorted.order.map(({ component }) => component) : components;
}

function rowOf(component: ComponentSnapshot, branch: string): ComponentRow {
  const { name, phase, age, waited, took } = component;
  return [
    branch + name,
    phase,
    durationText(age),
    waited === undefined ? "" : durationText(waited),
    took === undefined ? "" : durationText(took),
    remarksOn(component),
  ];
}

function remarksOn({ critical, restarts, phase, reason }: ComponentSnapshot): string {
  const remarks: string[] = [];
  if (critical) remarks.push("critical");
  if (restarts > 0) remarks.push(counted(restarts, "restart"));
  if (phase !== "running" && phase !== "starting") remarks.push(oneLine(reason.text));
  return remarks.join("; ");
}
