import { type LiveReference, type Needs, noNeeds } from "../component/token.ts";
import type { LiveReferences } from "./live-references.ts";

const nothing: Readonly<Record<string, never>> = Object.freeze({});

/** Turns what a definition names into what its instance receives. */
export class Injector {
  readonly #providers: () => ReadonlyMap<string, string>;
  readonly #instance: (component: string) => unknown;
  readonly #running: (component: string) => unknown;
  readonly #references: LiveReferences;

  /**
   * @param providers component by token, as it is now
   * @param instance what a component's instance gives to others, whatever phase it is in
   * @param running the same of a component that is up, else undefined
   */
  constructor(
    providers: () => ReadonlyMap<string, string>,
    instance: (component: string) => unknown,
    running: (component: string) => unknown,
    references: LiveReferences,
  ) {
    this.#providers = providers;
    this.#instance = instance;
    this.#running = running;
    this.#references = references;
  }

  /** The kernel starts nobody before its needs are up, so each of them is there. */
  needs(needs: Needs): Readonly<Record<string, unknown>> {
    if (needs === noNeeds) return nothing;
    const providers = this.#providers();
    const resolved: Record<string, unknown> = {};
    for (const alias of Object.keys(needs)) {
      const provider = providers.get(needs[alias]!.name);
      if (provider !== undefined) resolved[alias] = this.#instance(provider);
    }
    return resolved;
  }

  /** @param owned where the end of each subscription is noted, so that it goes with the instance */
  wants(wants: Needs, owned: (end: () => void) => () => void): Readonly<Record<string, LiveReference<unknown>>> {
    if (wants === noNeeds) return nothing;
    const entries = Object.entries(wants);
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
