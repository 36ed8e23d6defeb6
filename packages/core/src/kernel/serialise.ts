import { scopeOf } from "./build-state.ts";
import { KernelInvariantError } from "./invariant-error.ts";
import { newComponent, newScope } from "./links.ts";
import type { ComponentNode, ComponentRecord, KernelState, LeaseNode, Reconfiguration, ScopeRecord } from "./record.ts";

/**
 * The fields of a record that are plain data; every other one is an edge. The kernel's decisions depend on nothing else, so that
 * a state which is saved and restored goes on as if nothing had been.
 */
export const componentFields = [
  "phase",
  "since",
  "reason",
  "instance",
  "term",
  "up",
  "settled",
  "stalled",
  "unmetNeeds",
  "stalledNeeds",
  "unsettled",
  "blockers",
  "liveChildren",
  "orderBlockers",
  "stopSent",
  "outcome",
  "verdict",
  "removed",
  "held",
  "failures",
  "restarts",
  "upSince",
  "recent",
  "lastError",
  "timerAt",
  "outageAt",
  "waited",
  "took",
  "checksHealth",
  "checking",
  "healthFailures",
  "healthDetail",
] as const satisfies readonly (keyof ComponentRecord)[];

export const scopeFields = [
  "state",
  "leaving",
  "held",
  "term",
  "unmetNeeds",
  "live",
  "stuck",
  "drainedSent",
  "since",
  "reason",
] as const satisfies readonly (keyof ScopeRecord)[];

type ComponentField = (typeof componentFields)[number];
type ScopeField = (typeof scopeFields)[number];
type ComponentEdge =
  | "name"
  | "parent"
  | "scope"
  | "policy"
  | "needs"
  | "after"
  | "neededBy"
  | "afteredBy"
  | "neededByLeases"
  | "children";

/** A field that is in neither list does not compile here: it would be lost. */
type Forgotten =
  | Exclude<keyof ComponentRecord, ComponentField | ComponentEdge>
  | Exclude<keyof ScopeRecord, ScopeField | "name" | "isProcess" | "needs" | "members">;
const nothingForgotten: [Forgotten] extends [never] ? true : Forgotten = true;

export interface SavedComponent extends ComponentNode {
  readonly fields: Pick<ComponentRecord, ComponentField>;
  readonly neededBy: readonly string[];
  readonly afteredBy: readonly string[];
  readonly neededByLeases: readonly string[];
  readonly children: readonly string[];
}

export interface SavedScope extends LeaseNode {
  readonly fields: Pick<ScopeRecord, ScopeField>;
  readonly members: readonly string[];
}

/** A state of the kernel as plain data: what JSON writes of it is read back without a loss. */
export interface SavedState {
  readonly components: readonly SavedComponent[];
  readonly scopes: readonly SavedScope[];
  readonly shutdown: { readonly reason: string; readonly exitCode: number } | undefined;
  readonly finished: boolean;
  readonly reconfiguration: Reconfiguration | undefined;
  readonly seed: number;
}

/** The order of every list is kept: commands come in that order. Shares nothing that changes with the state. */
export function serialiseState(state: KernelState): SavedState {
  return {
    components: [...state.components.values()].map((record) => ({
      name: record.name,
      scope: record.scope.name,
      policy: record.policy,
      needs: record.needs.map(nameOf),
      after: record.after.map(nameOf),
      ...(record.parent === undefined ? {} : { parent: record.parent.name }),
      fields: pick(record, componentFields),
      neededBy: [...(record.neededBy ?? [])].map(nameOf),
      afteredBy: [...(record.afteredBy ?? [])].map(nameOf),
      neededByLeases: [...(record.neededByLeases ?? [])].map(nameOf),
      children: [...(record.children ?? [])].map(nameOf),
    })),
    scopes: [...state.scopes.values()].map((scope) => ({
      name: scope.name,
      needs: scope.needs.map(nameOf),
      members: [...scope.members].map(nameOf),
      fields: pick(scope, scopeFields),
    })),
    shutdown: state.shutdown === undefined ? undefined : { ...state.shutdown },
    finished: state.finished,
    reconfiguration: state.reconfiguration,
    seed: state.seed,
  };
}

/** @throws KernelInvariantError for what `serialiseState` never made: a name without a component or scope. */
export function restoreState(saved: SavedState): KernelState {
  const scopes = new Map(saved.scopes.map((scope) => [scope.name, newScope(scope.name, 0)]));
  const process = [...scopes.values()].find((scope) => scope.isProcess);
  if (process === undefined) throw new KernelInvariantError("a saved state without the process's scope");
  const components = new Map<string, ComponentRecord>();
  const state: KernelState = {
    components,
    scopes,
    process,
    shutdown: saved.shutdown === undefined ? undefined : { ...saved.shutdown },
    finished: saved.finished,
    reconfiguration: saved.reconfiguration,
    seed: saved.seed,
  };
  // Parents stand before their children.
  for (const node of saved.components) {
    const parent = node.parent === undefined ? undefined : components.get(node.parent);
    const record = newComponent(node, scopeOf(state, node.scope), parent, 0);
    assign(record, node.fields, componentFields);
    components.set(node.name, record);
  }
  const found = (name: string) => {
    const record = components.get(name);
    if (record === undefined) throw new KernelInvariantError(`a saved state names "${name}", which it does not hold`);
    return record;
  };
  const setOf = <T>(names: readonly string[], find: (name: string) => T) =>
    names.length === 0 ? undefined : new Set(names.map(find));
  for (const node of saved.components) {
    const record = found(node.name);
    record.needs = node.needs.map(found);
    record.after = node.after.map(found);
    record.neededBy = setOf(node.neededBy, found);
    record.afteredBy = setOf(node.afteredBy, found);
    record.neededByLeases = setOf(node.neededByLeases, (name) => scopeOf(state, name));
    record.children = setOf(node.children, found);
  }
  for (const node of saved.scopes) {
    const scope = scopeOf(state, node.name);
    scope.needs = node.needs.map(found);
    for (const name of node.members) scope.members.add(found(name));
    assign(scope, node.fields, scopeFields);
  }
  return state;
}

function nameOf(owner: { readonly name: string }): string {
  return owner.name;
}

function pick<T, K extends keyof T>(from: T, fields: readonly K[]): Pick<T, K> {
  const picked = {} as Pick<T, K>;
  for (const field of fields) picked[field] = from[field];
  return picked;
}

/** What JSON leaves out was undefined. */
function assign<T, K extends keyof T>(to: T, from: Pick<T, K>, fields: readonly K[]): void {
  for (const field of fields) to[field] = from[field];
}

void nothingForgotten;
