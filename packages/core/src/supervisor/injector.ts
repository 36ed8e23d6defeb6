import type { LiveReference, Needs } from "../component/token.ts";

const nothing: Readonly<Record<string, never>> = Object.freeze({});

/** Turns what a definition names into what its instance receives. */
export class Injector {
  readonly #providers: ReadonlyMap<string, string>;
  readonly #running: (component: string) => unknown;

  /**
   * @param providers component by token
   * @param running the instance of a component that is up, else undefined
   */
  constructor(providers: ReadonlyMap<string, string>, running: (component: string) => unknown) {
    this.#providers = providers;
    this.#running = running;
  }

  /** The kernel starts nobody before its needs are up, so each of them is there. */
  needs(needs: Needs): Readonly<Record<string, unknown>> {
    const entries = Object.entries(needs);
    if (entries.length === 0) return nothing;
    return Object.fromEntries(entries.map(([alias, token]) => [alias, this.#resolve(token.name)]));
  }

  wants(wants: Needs): Readonly<Record<string, LiveReference<unknown>>> {
    const entries = Object.entries(wants);
    if (entries.length === 0) return nothing;
    return Object.fromEntries(entries.map(([alias, token]) => [alias, this.#reference(token.name)]));
  }

  #reference(token: string): LiveReference<unknown> {
    const resolve = () => this.#resolve(token);
    return {
      get current() {
        return resolve();
      },
    };
  }

  #resolve(token: string): unknown {
    const provider = this.#providers.get(token);
    return provider === undefined ? undefined : this.#running(provider);
  }
}
