import type { ComponentDefinition } from "../component/define-component.ts";
import type { LeaseDefinition } from "../lease/define-lease.ts";
import type { CompositionProblem } from "./composition-error.ts";
import type { Contributed } from "./expand-plugins.ts";
import { describeValue } from "./option-rules.ts";

interface Item {
  readonly name: string;
}

/** All components and leases by their names, with who brought them. */
export class Inventory {
  readonly components: ReadonlyMap<string, ComponentDefinition>;
  readonly leases: ReadonlyMap<string, LeaseDefinition>;
  readonly #problems: CompositionProblem[];
  readonly #plugins = new Map<Item, string>();

  constructor(
    contributed: ReadonlyMap<string, Contributed>,
    own: { readonly components: readonly ComponentDefinition[]; readonly leases: readonly LeaseDefinition[] },
    problems: CompositionProblem[],
  ) {
    this.#problems = problems;
    this.components = this.#collect("component", contributed, own.components, (of) => of.components, isComponent);
    this.leases = this.#collect("lease", contributed, own.leases, (of) => of.leases, isLease);
  }

  /** For messages: `component "dns" of plugin "dns"`. */
  who(item: ComponentDefinition | LeaseDefinition): string {
    return this.#label("policy" in item ? "component" : "lease", item);
  }

  #label(what: string, item: Item): string {
    const plugin = this.#plugins.get(item);
    return `${what} "${item.name}"${plugin === undefined ? "" : ` of plugin "${plugin}"`}`;
  }

  #collect<T extends Item>(
    what: string,
    contributed: ReadonlyMap<string, Contributed>,
    own: readonly T[],
    of: (plugin: Contributed) => readonly T[],
    isOne: (value: unknown) => boolean,
  ): ReadonlyMap<string, T> {
    const found = new Map<string, T>();
    for (const [plugin, added] of contributed) {
      for (const item of this.#wellShaped(what, `plugin "${plugin}": ${what}s`, of(added), isOne)) {
        this.#plugins.set(item, plugin);
        this.#add(what, found, item);
      }
    }
    for (const item of this.#wellShaped(what, `${what}s`, own, isOne)) this.#add(what, found, item);
    return found;
  }

  #add<T extends Item>(what: string, found: Map<string, T>, item: T): void {
    const other = found.get(item.name);
    if (other !== undefined) {
      this.#problems.push({
        code: "TENURE_DUPLICATE_NAME",
        message:
          other === item
            ? `${this.#label(what, item)} is listed twice`
            : `two ${what}s are called "${item.name}"${this.#whose(what, other, item)}`,
        remedy: other === item ? "List it once." : "Names are unique in a composition: rename one of them.",
      });
    }
    found.set(item.name, item);
  }

  #whose(what: string, one: Item, other: Item): string {
    const [first, second] = [this.#label(what, one), this.#label(what, other)];
    return first === second ? "" : `: ${first} and ${second}`;
  }

  /** What authors without a compiler hand over instead. */
  #wellShaped<T extends Item>(
    what: string,
    where: string,
    items: readonly T[],
    isOne: (value: unknown) => boolean,
  ): readonly T[] {
    const maker = what === "lease" ? "defineLease" : "defineComponent";
    const wrong = (path: string, value: unknown, remedy: string) => {
      this.#problems.push({
        code: "TENURE_BAD_SHAPE",
        message: `${path} is ${describeValue(value)}, not ${what === "lease" ? "a lease" : "a component"}`,
        remedy,
      });
    };
    if (!Array.isArray(items)) {
      wrong(where, items, `Give an array of what ${maker} makes.`);
      return [];
    }
    return items.filter((item: unknown, index) => {
      if (isOne(item)) return true;
      const remedy =
        typeof item === "function" && what === "component"
          ? "Give definitionOf(TheClass) for a decorated class; call a function that makes a definition."
          : `Give what ${maker} makes.`;
      wrong(`${where}[${index}]`, item, remedy);
      return false;
    });
  }
}

function isComponent(value: unknown): boolean {
  return typeof value === "object" && value !== null && "policy" in value && "create" in value && "provides" in value;
}

function isLease(value: unknown): boolean {
  return typeof value === "object" && value !== null && "timing" in value && "create" in value && "needs" in value;
}
