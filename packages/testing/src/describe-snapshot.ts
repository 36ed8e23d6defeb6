import type { ComponentSnapshot, ControllerSnapshot } from "@tenure/core";

/** A snapshot as text, one line for each lease and component with its reason: what the message of a failed test shows. */
export function describeSnapshot(snapshot: ControllerSnapshot): string {
  const rows = [
    ...snapshot.leases.map(({ name, state, term, reason, live }) => [
      `lease ${name}`,
      state,
      `${term === undefined ? "" : `term ${term.number}, `}${live} live: ${reason}`,
    ]),
    ...snapshot.components.map((component) => [component.name, component.phase, whyOf(component)]),
  ];
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  const [first, second] = [width(0), width(1)];
  const lines = rows.map(([name = "", state = "", why = ""]) =>
    `  ${name.padEnd(first)}  ${state.padEnd(second)}  ${why}`.trimEnd(),
  );
  if (snapshot.shutdown !== undefined) lines.unshift(`  shuts down: ${snapshot.shutdown}`);
  return lines.join("\n");
}

function whyOf({ reason, lastError }: ComponentSnapshot): string {
  return lastError === undefined || reason.text.includes(lastError)
    ? reason.text
    : `${reason.text} (last error: ${lastError})`;
}
