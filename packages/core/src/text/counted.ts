/** A number with its noun, as in `1 component` and `2 components`. For nouns whose plural is made with an s. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
