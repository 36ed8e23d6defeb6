import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ComponentDefinition,
  type ComponentEvent,
  type Controller,
  createController,
  type LogFields,
  type Logger,
  type LogLevel,
  type Phase,
} from "@tenure/core";
import { FakeLease } from "@tenure/testing";
import { onTestFinished } from "vitest";

export interface LogEntry extends LogFields {
  readonly level: LogLevel;
  readonly message: string;
}

/** A controller on the clock of this machine, whose children are real processes. It is stopped when the test is over. */
export interface RunningController {
  readonly controller: Controller;
  readonly lease: FakeLease;
  readonly log: readonly LogEntry[];
  readonly transitions: readonly ComponentEvent[];
  /** Resolves with the first transition to the phase from now on, or the current one. */
  reached(component: string, phase: Phase): Promise<ComponentEvent>;
  /** Resolves with the next transition to the phase, not with the current one. */
  next(component: string, phase: Phase): Promise<ComponentEvent>;
  /** Resolves with the first line of the component's output, written or to come, that holds the text. */
  lineWith(component: string, text: string): Promise<string>;
}

export async function runController(...components: readonly ComponentDefinition[]): Promise<RunningController> {
  const log: LogEntry[] = [];
  const readers = new Set<(entry: LogEntry) => void>();
  const at = (level: LogLevel) => (fields: LogFields, message: string) => {
    const entry = { ...fields, level, message };
    log.push(entry);
    for (const reader of readers) reader(entry);
  };
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const lease = new FakeLease();
  const exit = (code: number, reason: string) => {
    throw new Error(`the process would have ended itself with ${code}: ${reason}`);
  };
  const controller = await createController({ components, leases: [lease.definition], logger, seed: 1, exit });
  onTestFinished(() => controller.stop());
  const transitions: ComponentEvent[] = [];
  controller.on("component.phase", (event) => transitions.push(event));
  controller.start();

  const next: RunningController["next"] = (component, phase) =>
    new Promise((resolve) => {
      const end = controller.on(`component.${phase}`, (event) => {
        if (event.component !== component) return;
        end();
        resolve(event);
      });
    });
  return {
    controller,
    lease,
    log,
    transitions,
    next,
    reached(component, phase) {
      const last = transitions.findLast((event) => event.component === component);
      return last?.to === phase ? Promise.resolve(last) : next(component, phase);
    },
    lineWith: (component, text) =>
      new Promise((resolve) => {
        const look = (entry: LogEntry) => {
          if (entry.component !== component || entry.stream === undefined || !entry.message.includes(text)) return;
          readers.delete(look);
          resolve(entry.message);
        };
        readers.add(look);
        for (const entry of [...log]) look(entry);
      }),
  };
}

/** What follows `key=` in a line. */
export function numberIn(line: string, key: string): number {
  return Number(new RegExp(`${key}=(\\d+)`).exec(line)?.[1]);
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "tenure-child-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
