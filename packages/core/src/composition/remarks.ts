import type { Composition } from "./compose.ts";
import { didYouMean } from "./near-names.ts";

/** What is allowed, since the other plugin need not be there, but may be a slip: soft edges that lead nowhere. */
export function remarksOn({ components, providers }: Composition): readonly string[] {
  const remarks: string[] = [];
  for (const { definition } of components.values()) {
    const absent = (token: string) => `"${token}", which nothing provides${didYouMean(token, providers.keys())}`;
    for (const token of Object.values(definition.wants)) {
      if (!providers.has(token.name)) remarks.push(`component "${definition.name}" wants ${absent(token.name)}`);
    }
    for (const token of definition.after) {
      if (!providers.has(token.name))
        remarks.push(`component "${definition.name}" is to start after ${absent(token.name)}`);
    }
  }
  return remarks;
}
