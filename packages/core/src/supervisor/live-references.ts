import type { LiveReference } from "../component/token.ts";

interface Subscription {
  readonly resolve: () => unknown;
  readonly listener: (current: unknown) => void;
  last: unknown;
}

/**
 * Who wants to be told when a soft dependency comes or goes. A reference is compared with what it was when its provider has changed
 * its phase, at the end of the turn: a restart within one turn is one change.
 */
export class LiveReferences {
  readonly #subscriptions = new Map<string, Set<Subscription>>();
  readonly #touched = new Set<string>();
  readonly #failed: (error: unknown) => void;

  /** @param failed told when a listener throws; the others are called all the same. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /**
   * @param provider the component's name now, or undefined when nothing provides it
   * @param owned where the end of the subscription is noted, so that it goes with the instance
   */
  make(
    provider: () => string | undefined,
    resolve: () => unknown,
    owned: (end: () => void) => void,
  ): LiveReference<unknown> {
    return {
      get current() {
        return resolve();
      },
      subscribe: (listener) => {
        const name = provider();
        if (name === undefined) return () => {};
        const subscription: Subscription = { resolve, listener, last: resolve() };
        const ofProvider = this.#subscriptions.get(name) ?? new Set();
        this.#subscriptions.set(name, ofProvider.add(subscription));
        const end = () => {
          ofProvider.delete(subscription);
          if (ofProvider.size === 0 && this.#subscriptions.get(name) === ofProvider) this.#subscriptions.delete(name);
        };
        owned(end);
        return end;
      },
    };
  }

  /** The component has changed its phase. */
  touch(component: string): void {
    if (this.#subscriptions.has(component)) this.#touched.add(component);
  }

  /** Tells of what has changed since. */
  flush(): void {
    if (this.#touched.size === 0) return;
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const component of touched) {
      for (const subscription of [...(this.#subscriptions.get(component) ?? [])]) this.#compare(subscription);
    }
  }

  #compare(subscription: Subscription): void {
    const current = subscription.resolve();
    if (current === subscription.last) return;
    subscription.last = current;
    try {
      subscription.listener(current);
    } catch (error) {
      this.#failed(error);
    }
  }
}
