import type { ControllerSnapshot } from "../controller/snapshot.ts";
import { processScope } from "../term/term.ts";
import { counted } from "../text/counted.ts";
import { columnNames, componentRows } from "./component-rows.ts";
import { criticalChain } from "./critical-chain.ts";
import { durationText } from "./duration-text.ts";
import { leaseTitle, processTitle } from "./scope-title.ts";
import { countPhases, defaultShownChildren } from "./shown-children.ts";
import { slowest } from "./slowest.ts";
import { alignColumns, oneLine } from "./text-table.ts";

export interface PrettyPrintOptions {
  /** Children of one parent that get a line each, those that do not run first; the others are counted. Default 10. */
  readonly children?: number;
}

/**
 * A snapshot for people: every scope with its components, dependencies first, their phases, times and what keeps them from running; then
 * what took longest to start, and the critical chain of each scope. The same snapshot gives the same text. No colour.
 */
export function prettyPrint(snapshot: ControllerSnapshot, options: PrettyPrintOptions = {}): string {
  const blocks = [summary(snapshot), scopes(snapshot, options), slowStarts(snapshot), ...chains(snapshot)];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

type Block = readonly string[];

function summary(snapshot: ControllerSnapshot): Block {
  const lines = [
    `controller ${oneLine(snapshot.identity)}`,
    `${counted(snapshot.components.length, "component")}: ${countPhases(snapshot.components) || "none"}`,
  ];
  if (snapshot.plugins.length > 0) lines.push(`plugins: ${snapshot.plugins.join(", ")}`);
  if (snapshot.shutdown !== undefined) lines.push(`shuts down: ${oneLine(snapshot.shutdown)}`);
  return lines;
}

/** One table, so that the columns of all scopes align. */
function scopes(snapshot: ControllerSnapshot, options: PrettyPrintOptions): Block {
  const sections = [
    { title: [processTitle(snapshot.process)], scope: processScope },
    ...snapshot.leases.map((lease) => ({ title: leaseTitle(lease), scope: lease.name })),
  ].map(({ title, scope }) => ({
    title,
    rows: componentRows(snapshot.components, scope, options.children ?? defaultShownChildren),
  }));
  const aligned = alignColumns([columnNames, ...sections.flatMap(({ rows }) => rows)]);
  const lines = [aligned[0]!];
  let next = 1;
  for (const [index, { title, rows }] of sections.entries()) {
    if (index > 0) lines.push("");
    lines.push(...title, ...aligned.slice(next, next + rows.length));
    next += rows.length;
  }
  return lines;
}

function slowStarts(snapshot: ControllerSnapshot): Block {
  const slow = slowest(snapshot).filter(({ took }) => took > 0);
  if (slow.length === 0) return [];
  const rows = slow.map(({ name, scope, took, pending }) => [
    `  ${name}`,
    scope,
    `${durationText(took)}${pending ? " so far" : ""}`,
  ]);
  return ["slowest starts", ...alignColumns(rows)];
}

/** One block for each scope in which anything took time. */
function chains(snapshot: ControllerSnapshot): readonly Block[] {
  return [processScope, ...snapshot.leases.map(({ name }) => name)].flatMap((scope) => {
    const chain = criticalChain(snapshot, scope);
    if (chain === undefined || chain.total <= 0) return [];
    const rows = chain.links.map(({ name, began, took }) => [
      `  ${name}`,
      `@ ${durationText(began)}`,
      `+ ${durationText(took)}`,
    ]);
    const total = `${durationText(chain.total)}${chain.pending ? " so far" : ""}`;
    return [[`critical chain of ${scope}: ${total}`, ...alignColumns(rows)]];
  });
}
