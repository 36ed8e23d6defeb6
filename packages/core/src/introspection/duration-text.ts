/** A duration for people, two units at most: `0.4 ms`, `850 ms`, `1.25 s`, `12.3 s`, `4 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 9.95) return `${rounded(milliseconds, 1)} ms`;
  if (milliseconds < 999.5) return `${rounded(milliseconds, 0)} ms`;
  if (milliseconds < 9_995) return `${rounded(milliseconds / 1_000, 2)} s`;
  if (milliseconds < 59_950) return `${rounded(milliseconds / 1_000, 1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 3_600) return two(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return two(minutes, 60, "h", "min");
  return two(Math.round(minutes / 60), 24, "d", "h");
}

/** Without zeros at the end. */
function rounded(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}

function two(value: number, per: number, big: string, small: string): string {
  const rest = value % per;
  return rest === 0 ? `${value / per} ${big}` : `${Math.floor(value / per)} ${big} ${rest} ${small}`;
}
