import type { LiveReference, Needs } from "../component/token.ts";
import type { LiveReferences } from "./live-references.ts";

const nothing: Readonly<Record<string, never>> = Object.freeze({});

/** Turns what a definition names into what its instance receives. */
export class Injector {
  readonly #providers: () => ReadonlyMap<string, string>;
  readonly #running: (component: string) => unknown;
  readonly #references: LiveReferences;

  /**
   * @param providers component by token, as it is now
   * @param running the instance of a component that is up, else undefined
   */
  constructor(
    providers: () => ReadonlyMap<string, string>,
    running: (component: string) => unknown,
    references: LiveReferences,
  ) {
    this.#providers = providers;
    this.#running = running;
    this.#references = references;
  }

  /** The kernel starts nobody before its needs are up, so each of them is there. */
  needs(needs: Needs): Readonly<Record<string, unknown>> {
    const entries = Object.entries(needs);
    if (entries.length === 0) return nothing;
    return Object.fromEntries(entries.map(([alias, token]) => [alias, this.#resolve(token.name)]));
  }

  /** @param owned where the end of each subscription is noted, so that it goes with the instance */
  wants(wants: Needs, owned: (end: () => void) => void): Readonly<Record<string, LiveReference<unknown>>> {
    const entries = Object.entries(wants);
    if (entries.length === 0) return nothing;
    return Object.fromEntries(
      entries.map(([alias, { name }]) => [
        alias,
        this.#references.make(
          () => this.#providers().get(name),
          () => this.#resolve(name),
          owned,
        ),
      ]),
    );
  }

  #resolve(token: string): unknown {
    const provider = this.#providers().get(token);
    return provider === undefined ? undefined : this.#running(provider);
  }
}
