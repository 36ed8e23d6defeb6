/**
 * The one of `names` that was most likely meant: the nearest by Damerau-Levenshtein distance, letters' case and separators not
 * counted, when at most a third of it differs; or the first that it is the beginning of.
 *
 * @returns undefined when none is near.
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined;
  const wanted = plain(name);
  for (const candidate of names) {
    const other = plain(candidate);
    const allowed = Math.floor(Math.max(wanted.length, other.length) / 3);
    if (!isShortFor(wanted, other) && Math.abs(wanted.length - other.length) > allowed) continue;
    const distance = isShortFor(wanted, other) ? 0 : editDistance(wanted, other);
    if (distance <= allowed && (best === undefined || distance < best.distance)) best = { name: candidate, distance };
  }
  return best?.name;
}

/** For the end of a message: `; did you mean "x"?`, or nothing. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const near = nearestName(name, names);
  return near === undefined || near === name ? "" : `; did you mean "${near}"?`;
}

/** `resync` for `resyncInterval`. */
function isShortFor(name: string, other: string): boolean {
  return name.length >= 4 && other.startsWith(name);
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-._/ ]/g, "");
}

/** Insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) least = Math.min(least, beforeLast[column - 2]! + 1);
      current.push(least);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
