import { type ComponentDefinition, defineComponent } from "../component/define-component.ts";
import type { Needs } from "../component/token.ts";
import { definedProblems } from "./check-settings.ts";
import { ChildProcessComponent } from "./child-process-component.ts";
import type { ChildProcessOptions, RunningChildProcess } from "./child-process-options.ts";

/** The options that it has in common with every component, whose checks are the composition's. */
const shared = [
  "name",
  "scope",
  "provides",
  "needs",
  "wants",
  "after",
  "config",
  "startTimeout",
  "stopTimeout",
  "health",
  "restart",
  "onFailure",
  "critical",
  "spawns",
] as const satisfies readonly (keyof ChildProcessOptions<Needs, Needs>)[];

/**
 * Defines a component that is a process of its own: etcd, an API server, an agent. Each start, restart and term runs a new one. It is
 * in a process group of its own, which is ended as a whole: asked first, then by force, within `stopTimeout`; and by a watchdog
 * when this process dies, by whatever death. `command`, `args`, `env`, `cwd`, `ready` and `healthy` are values, or functions of
 * what is injected that give one. Throws nothing: `createController` reports mistakes in the options, and a start fails with
 * TENURE_CHILD_BAD_OPTION for those in what the functions give.
 *
 * Not on Windows: the start fails there with TENURE_CHILD_UNSUPPORTED.
 */
export function childProcess<N extends Needs = Needs, W extends Needs = Needs>(
  options: ChildProcessOptions<N, W>,
): ComponentDefinition<RunningChildProcess> {
  const { command, args, env, cwd, ready, healthy } = options;
  const { inheritEnv, stopSignal, exitZero, logLevel, stateDirectory } = options;
  const fixed = { inheritEnv, stopSignal, exitZero, logLevel, stateDirectory };
  const component = Object.fromEntries(Object.entries(options).filter(([name]) => isShared(name)));
  const definition = defineComponent<RunningChildProcess, N, W>({
    ...(component as Pick<ChildProcessOptions<N, W>, (typeof shared)[number]>),
    create: (needs, wants, scope) => {
      const given = <V>(value: V | ((...injected: [typeof needs, typeof wants, typeof scope]) => V)): V =>
        typeof value === "function" ? (value as (...injected: unknown[]) => V)(needs, wants, scope) : value;
      const made = {
        args: given(args),
        env: given(env),
        cwd: given(cwd),
        ready: given(ready),
        healthy: given(healthy),
      };
      return new ChildProcessComponent({ ...fixed, ...made, command: given(command) }, scope);
    },
  });
  const problems = definedProblems({ ...options }, shared, `component "${options.name}"`);
  return Object.freeze({ ...definition, problems });
}

function isShared(name: string): boolean {
  return (shared as readonly string[]).includes(name);
}
