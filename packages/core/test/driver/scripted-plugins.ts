import {
  type Component,
  type ComponentDefinition,
  type ComponentSpec,
  createToken,
  defineComponent,
  definePlugin,
  type LiveReference,
  type Needs,
  type Plugin,
  type Term,
} from "@tenure/core";
import { z } from "zod";
import type { Part } from "./driver-scenario.ts";

export interface Making {
  readonly part: Part;
  readonly version: number;
  readonly needs: Readonly<Record<string, unknown>>;
  readonly wants: Readonly<Record<string, LiveReference<unknown>>>;
  readonly term: Term;
}

const section = z.object({
  /** Another number is another definition. */
  version: z.number().int().min(0).max(9).default(0),
  /** The component is not there. */
  off: z.boolean().default(false),
  /** It does without its first need. */
  lean: z.boolean().default(false),
});

export type Section = z.input<typeof section>;

/** One plugin for each part, whose component `make` makes. */
export function pluginFor(part: Part, make: (making: Making) => Component): Plugin {
  return definePlugin({
    name: `plugin-${part.name}`,
    config: section,
    contribute: ({ version, off, lean }) => {
      const now = { ...part, needs: lean ? part.needs.slice(1) : part.needs };
      return { components: off ? [] : [definitionOf(now, version, make)] };
    },
  })();
}

export function definitionOf(part: Part, version: number, make: (making: Making) => Component): ComponentDefinition {
  const spec: ComponentSpec<object, Needs, Needs> = {
    name: part.name,
    scope: part.scope,
    needs: tokens(part.needs),
    wants: tokens(part.wants),
    after: part.after.map((name) => createToken(name)),
    ...part.options,
    create: (needs, wants, { term }) =>
      make({ part, version, needs, wants: wants as Readonly<Record<string, LiveReference<unknown>>>, term }),
  };
  return defineComponent(spec);
}

/** A component's name is its token. */
function tokens(names: readonly string[]): Needs {
  return Object.fromEntries(names.map((name) => [name, createToken(name)]));
}

/** Whether the composition holds with these sections, by the rules of the documentation. */
export function isValid(
  parts: readonly Part[],
  leaseNeeds: readonly string[],
  sections: ReadonlyMap<string, Section>,
): boolean {
  const sectionOf = (name: string): Section => sections.get(name) ?? {};
  const present = (name: string) => sectionOf(name).off !== true;
  return (
    parts.every(({ name, needs }) => {
      const { version = 0, lean = false } = sectionOf(name);
      if (version < 0 || version > 9) return false;
      return !present(name) || needs.slice(lean ? 1 : 0).every(present);
    }) && leaseNeeds.every(present)
  );
}
