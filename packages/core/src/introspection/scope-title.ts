import type { LeaseSnapshot, ProcessSnapshot } from "../controller/snapshot.ts";
import { durationText } from "./duration-text.ts";
import { oneLine } from "./text-table.ts";

/** The state of the process in one line. */
export function processTitle({ state, age }: ProcessSnapshot): string {
  if (state === "off") return "process: not begun";
  return `process: ${state === "held" ? "runs" : "shuts down"} for ${durationText(age)}`;
}

/** The state, holder and term of a lease, in two lines. */
export function leaseTitle(lease: LeaseSnapshot): readonly string[] {
  const needs = lease.needs.length === 0 ? "" : `needs ${lease.needs.join(", ")}; `;
  return [
    `lease ${lease.name}: ${[stateText(lease), termText(lease)].filter(Boolean).join(", ")}`,
    `  ${needs}stopping takes at most ${durationText(lease.stopBudget)}; draining begins ${durationText(lease.drainPoint)} after the last renewal`,
  ];
}

function stateText({ state, age, reason, elector, live }: LeaseSnapshot): string {
  const holder = elector?.holder === undefined ? undefined : oneLine(elector.holder);
  const detail = elector?.detail === undefined ? "" : ` (${oneLine(elector.detail)})`;
  const why = `(${oneLine(reason)})`;
  switch (state) {
    case "off":
      return `not campaigned for ${why}`;
    case "campaigning": {
      const token = elector?.token === undefined ? "" : ` with token ${elector.token}`;
      const other = holder === undefined ? "held by nobody that is known" : `held by ${holder}${token}`;
      return `campaigns for ${durationText(age)}, ${other}${detail}`;
    }
    case "held":
      return `held by ${holder ?? "this process"} for ${durationText(age)}`;
    case "draining":
      return `drains for ${durationText(age)} ${why}, ${live} still live`;
    case "ended":
      return `ended ${durationText(age)} ago ${why}, ${live} still live`;
  }
}

function termText({ term }: LeaseSnapshot): string {
  if (term === undefined) return "";
  const left = term.remaining === undefined ? "without an end" : `${durationText(term.remaining)} left`;
  return `term ${term.number}, token ${term.token}, ${left}`;
}
