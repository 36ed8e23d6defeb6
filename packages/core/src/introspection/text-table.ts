/** Columns that align, as wide as their widest cell; what is empty at the end of a line is left out. */
export function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell)))
      .join("   ")
      .trimEnd(),
  );
}

/** In characters, not in halves of surrogate pairs. */
function widthOf(text: string): number {
  return [...text].length;
}

/** The message of an error may hold anything: one line, no control characters, at most so many characters. */
export function oneLine(text: string, longest = 300): string {
  const plain = [...text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim()];
  return plain.length <= longest ? plain.join("") : `${plain.slice(0, longest - 1).join("")}…`;
}
