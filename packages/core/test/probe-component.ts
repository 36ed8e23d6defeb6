import {
  type Component,
  type ComponentContext,
  type ComponentDefinition,
  type ComponentOptions,
  defineComponent,
  type Needs,
  type StopContext,
  type Token,
} from "@tenure/core";

export interface ProbeOptions extends ComponentOptions {
  readonly scope?: string;
  readonly needs?: readonly Token<unknown>[];
  readonly after?: readonly Token<unknown>[];
  readonly provides?: Token<object>;
  readonly config?: unknown;
  /** Of it in the journal. Default: its name. */
  readonly label?: string;
  start?(context: ComponentContext, life: Life): Promise<void> | void;
  stop?(context: StopContext, life: Life): Promise<void> | void;
  healthy?: Component["healthy"];
}

/** One instance of a probe, as the test sees it. */
export interface Life {
  readonly number: number;
  context: ComponentContext | undefined;
}

/** Components that write down what is done to them, in one journal for all. */
export class Probes {
  readonly journal: string[] = [];
  readonly lives = new Map<string, Life[]>();

  define(name: string, options: ProbeOptions = {}): ComponentDefinition {
    const { needs, after, scope, start, stop, healthy, label = name, ...policy } = options;
    return defineComponent<object, Needs, Needs>({
      name,
      scope: scope ?? "leader",
      needs: Object.fromEntries((needs ?? []).map((need) => [need.name, need])),
      after: after ?? [],
      ...policy,
      create: () => {
        const lives = this.lives.get(name) ?? [];
        this.lives.set(name, lives);
        const life: Life = { number: lives.length + 1, context: undefined };
        lives.push(life);
        return {
          start: (context) => {
            life.context = context;
            this.journal.push(`start ${label}`);
            return start?.(context, life);
          },
          stop: (context) => {
            this.journal.push(`stop ${label}`);
            return stop?.(context, life);
          },
          ...(healthy === undefined ? {} : { healthy }),
        };
      },
    });
  }

  /** The context of the newest instance. */
  contextOf(name: string): ComponentContext {
    const context = this.lives.get(name)?.at(-1)?.context;
    if (context === undefined) throw new Error(`${name} was not started`);
    return context;
  }
}
