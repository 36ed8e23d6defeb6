import type { LiveReference } from "../component/token.ts";
import { isThenable } from "../promise/is-thenable.ts";

interface Subscription {
  readonly provider: () => string | undefined;
  readonly resolve: () => unknown;
  readonly listener: (current: unknown) => void;
  last: unknown;
}

/**
 * Who wants to be told when a soft dependency comes or goes. A reference is compared with what it was when its provider has changed
 * its phase, at the end of the turn: a restart within one turn is one change.
 */
export class LiveReferences {
  /** By the provider's name; those of nobody under undefined. */
  #subscriptions = new Map<string | undefined, Set<Subscription>>();
  readonly #touched = new Set<string | undefined>();
  readonly #failed: (error: unknown) => void;

  /** @param failed told when a listener throws; the others are called all the same. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /**
   * @param provider the component's name now, or undefined when nothing provides it
   * @param owned where the end of the subscription is noted, so that it goes with the instance; gives what takes the note back
   */
  make(
    provider: () => string | undefined,
    resolve: () => unknown,
    owned: (end: () => void) => () => void,
  ): LiveReference<unknown> {
    // What an instance left behind is not to reach what runs in a later term.
    let over = false;
    owned(() => {
      over = true;
    });
    return {
      get current() {
        return over ? undefined : resolve();
      },
      subscribe: (listener) => {
        const subscription: Subscription = { provider, resolve, listener, last: resolve() };
        this.#add(provider(), subscription);
        const remove = () => this.#remove(subscription);
        const disown = owned(remove);
        return () => {
          remove();
          disown();
        };
      },
    };
  }

  #add(provider: string | undefined, subscription: Subscription): void {
    const ofProvider = this.#subscriptions.get(provider) ?? new Set();
    this.#subscriptions.set(provider, ofProvider.add(subscription));
  }

  #remove(subscription: Subscription): void {
    const provider = subscription.provider();
    const ofProvider = this.#subscriptions.get(provider);
    ofProvider?.delete(subscription);
    if (ofProvider?.size === 0) this.#subscriptions.delete(provider);
  }

  /** Tokens may have other providers than before, or have one at last. */
  rebind(): void {
    const before = this.#subscriptions;
    this.#subscriptions = new Map();
    for (const [old, subscriptions] of before) {
      for (const subscription of subscriptions) {
        const provider = subscription.provider();
        this.#add(provider, subscription);
        if (provider !== old) this.#touched.add(provider);
      }
    }
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
      const result: unknown = subscription.listener(current);
      if (isThenable(result)) result.then(undefined, this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }
}
