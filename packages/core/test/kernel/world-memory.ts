import { componentFields, scopeFields } from "../../src/kernel/serialise.ts";
import type { KernelWorld } from "./kernel-world.ts";
import type { Elector } from "./world-elector.ts";
import type { Life } from "./world-life.ts";

const lifeFields = [
  "live",
  "started",
  "stopAsked",
  "checking",
  "yieldAsked",
  "timerAt",
  "outageAt",
  "instance",
] as const satisfies readonly (keyof Life)[];
const electorFields = ["state", "term", "leaving", "drained", "ended"] as const satisfies readonly (keyof Elector)[];

/** Everything that changes in a world whose graph stands: to go back to a state without a walk from the beginning. */
export type Memory = readonly unknown[];

interface Copier {
  readonly size: number;
  /** From the owner's fields to the memory, from `at` on. */
  readonly save: (owner: object, memory: unknown[], at: number) => void;
  readonly load: (owner: object, memory: Memory, at: number) => void;
}

/** Written out, field by field: most of the time of an exploration would be spent in a loop over names. */
function copierOf(fields: readonly string[]): Copier {
  const lines = (line: (field: string, index: number) => string) => fields.map(line).join("\n");
  return {
    size: fields.length,
    save: new Function(
      "owner",
      "memory",
      "at",
      lines((field, index) => `memory[at + ${index}] = owner.${field};`),
    ) as Copier["save"],
    load: new Function(
      "owner",
      "memory",
      "at",
      lines((field, index) => `owner.${field} = memory[at + ${index}];`),
    ) as Copier["load"],
  };
}

const ofRecord = copierOf(componentFields);
const ofLife = copierOf(lifeFields);
const ofScope = copierOf(scopeFields);
const ofElector = copierOf(electorFields);

export function remember(world: KernelWorld): Memory {
  const memory: unknown[] = [];
  forEachOwner(world, (owner, copier, at) => copier.save(owner, memory, at));
  const { shutdown, finished, seed, reconfiguration } = world.state;
  memory.push(shutdown === undefined ? undefined : { ...shutdown }, finished, seed, world.ended, reconfiguration);
  return memory;
}

export function goBack(world: KernelWorld, memory: Memory): void {
  const at = forEachOwner(world, (owner, copier, from) => copier.load(owner, memory, from));
  const shutdown = memory[at] as KernelWorld["state"]["shutdown"];
  world.state.shutdown = shutdown === undefined ? undefined : { ...shutdown };
  world.state.finished = memory[at + 1] as boolean;
  world.state.seed = memory[at + 2] as number;
  world.ended = memory[at + 3] as KernelWorld["ended"];
  world.state.reconfiguration = memory[at + 4] as KernelWorld["state"]["reconfiguration"];
}

/** @returns how many fields there are */
function forEachOwner(world: KernelWorld, visit: (owner: object, copier: Copier, at: number) => void): number {
  let at = 0;
  for (const life of world.lives) {
    visit(life.record, ofRecord, at);
    visit(life, ofLife, at + ofRecord.size);
    at += ofRecord.size + ofLife.size;
  }
  for (const scope of world.state.scopes.values()) {
    visit(scope, ofScope, at);
    at += ofScope.size;
  }
  for (const elector of world.electors) {
    visit(elector, ofElector, at);
    at += ofElector.size;
  }
  return at;
}

const phases = ["idle", "waiting", "starting", "running", "degraded", "stopping", "backoff", "failed", "stuck"];
const outcomes = [undefined, "failure", "done", "again"];
const verdicts = [undefined, "done", "failed"];
const scopeStates = ["off", "campaigning", "held", "draining", "ended"];
const electorStates = ["off", "standby", "held", "draining", "lost"];
const ends = ["no", "finished", "exit"];

/**
 * A state as a short text, the same for states from which the same follows. Left out is what no decision depends on when the clock
 * stands still: reasons, texts and durations; counts of restarts and failures; and the absolute numbers of terms and instances, which
 * are only ever compared with one another. What a change under way concerns is what is held. So the states are finite in number while terms, failures and restarts are not bounded.
 */
export function keyOf(world: KernelWorld): string {
  const codes: number[] = [ends.indexOf(world.ended) * 128 + (world.state.shutdown?.exitCode ?? 127)];
  for (const life of world.lives) {
    codes.push(...codesOfLife(life));
  }
  for (const scope of world.state.scopes.values()) {
    codes.push(
      scopeStates.indexOf(scope.state) * 8 +
        Number(scope.held) * 4 +
        Number(scope.leaving) * 2 +
        Number(scope.drainedSent),
    );
  }
  for (const elector of world.electors) {
    const drained = elector.drained === elector.term;
    codes.push(electorStates.indexOf(elector.state) * 4 + Number(elector.leaving) * 2 + Number(drained));
  }
  return String.fromCharCode(...codes);
}

function codesOfLife({ record, live, started, stopAsked, checking, yieldAsked }: Life): readonly number[] {
  const { outcome, verdict, recent, healthFailures, stopSent, timerAt, outageAt, checksHealth } = record;
  const flags =
    Number(live) +
    2 * Number(started) +
    4 * Number(stopAsked) +
    8 * Number(checking) +
    16 * Number(yieldAsked) +
    32 * Number(stopSent) +
    64 * Number(timerAt !== undefined) +
    128 * Number(outageAt !== undefined) +
    256 * Number(checksHealth) +
    512 * Number(record.checking) +
    1024 * Number(record.term === record.scope.term) +
    2048 * Number(record.held);
  const situation =
    (phases.indexOf(record.phase) * 4 + outcomes.indexOf(outcome?.kind)) * 4 + verdicts.indexOf(verdict);
  return [flags, situation, recent.length * 8 + healthFailures];
}
