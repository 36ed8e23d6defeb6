import { type ComponentDefinition, defineComponent } from "../component/define-component.ts";
import type { Needs } from "../component/token.ts";
import { ChildProcessComponent } from "./child-process-component.ts";
import type { ChildProcessOptions, RunningChildProcess } from "./child-process-options.ts";

/**
 * Defines a component that is a process of its own: etcd, an API server, an agent. Each start, restart and term runs a new one. It is
 * in a process group of its own, which is ended as a whole: asked first, then by force, within `stopTimeout`; and by a watchdog
 * when this process dies, by whatever death. `command`, `args`, `env`, `cwd`, `ready` and `healthy` are values, or functions of
 * what is injected that give one. Checks nothing; `createController` reports mistakes of the composition, the start those of the command.
 *
 * Not on Windows: the start fails there with TENURE_CHILD_UNSUPPORTED.
 */
export function childProcess<N extends Needs = Needs, W extends Needs = Needs>(
  options: ChildProcessOptions<N, W>,
): ComponentDefinition<RunningChildProcess> {
  const { command, args, env, cwd, ready, healthy, ...others } = options;
  const { inheritEnv, stopSignal, exitZero, logLevel, stateDirectory, ...component } = others;
  const fixed = { inheritEnv, stopSignal, exitZero, logLevel, stateDirectory };
  return defineComponent<RunningChildProcess, N, W>({
    ...component,
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
}
