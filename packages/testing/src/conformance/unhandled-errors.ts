import { currentInstance } from "@tenure/core";
import { currentTracker, type ResourceTracker } from "./resource-tracker.ts";

type Listener = (...args: unknown[]) => void;

const events = ["unhandledRejection", "uncaughtException"] as const;
/** After a case, for what comes late and before the next one begins, in ms. */
const lingering = 5_000;

const suites = new Set<UnhandledErrors>();
/** Of a life whose case is long over, too: its errors still find their suite. */
const suiteOf = new WeakMap<ResourceTracker, UnhandledErrors>();
const displaced = new Map<string, Listener[]>();
const ours = new Map<string, Listener>(events.map((event) => [event, listenerOf(event)]));

/**
 * The errors that nobody handled and that came from code of the component, in any case of one suite or between them. Meanwhile the
 * listeners of a test runner are kept from those, and from those only.
 */
export class UnhandledErrors {
  /** No case is to come. */
  complete = false;
  readonly #component: string;
  #found: unknown[] = [];
  /** More of them, after the last case, are no news. */
  #reported = false;
  #running = 0;
  #lingers: NodeJS.Timeout | undefined;

  constructor(component: string) {
    this.#component = component;
  }

  /**
   * A case begins, whose lives are `tracker`'s.
   *
   * @returns a function that ends it, also when it is called twice. Then errors are collected until the next case begins, at most for
   * some seconds, which keeps no process from ending.
   */
  begin(tracker: ResourceTracker): () => void {
    suiteOf.set(tracker, this);
    clearTimeout(this.#lingers);
    this.#running++;
    if (suites.size === 0) displace();
    suites.add(this);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#running--;
      if (this.#running === 0) this.#lingers = setTimeout(() => this.#close(), lingering).unref();
    };
  }

  /** The first one that has not been reported, in a box since it may be anything. The others are as good as reported. */
  take(): { readonly error: unknown } | undefined {
    if (this.#found.length === 0) return undefined;
    const [error] = this.#found;
    this.#found = [];
    this.#reported = true;
    return { error };
  }

  /** Whether this is the component, or a child of it. */
  isAbout(name: string): boolean {
    return name === this.#component || name.startsWith(`${this.#component}/`);
  }

  /** @returns false when no case can report it any more, and none has reported one. */
  collect(error: unknown): boolean {
    if (this.complete && this.#running === 0) return this.#reported;
    // A few are enough; and an error whose stack was not asked for holds everything that was on it.
    if (this.#found.length < 3) this.#found.push(error);
    return true;
  }

  #close(): void {
    suites.delete(this);
    if (suites.size === 0) restore();
  }
}

function displace(): void {
  for (const [event, listener] of ours) {
    displaced.set(event, process.rawListeners(event) as Listener[]);
    process.removeAllListeners(event);
    process.on(event, listener);
  }
}

/** What others have added meanwhile stays, behind what was there. */
function restore(): void {
  for (const [event, listener] of ours) {
    process.removeListener(event, listener);
    const added = process.rawListeners(event) as Listener[];
    process.removeAllListeners(event);
    for (const other of [...(displaced.get(event) ?? []), ...added]) process.on(event, other);
  }
  displaced.clear();
}

function listenerOf(event: (typeof events)[number]): Listener {
  return (error, ...more) => {
    if (suiteInCharge()?.collect(error) === true) return;
    const others = displaced.get(event) ?? [];
    for (const listener of others) Reflect.apply(listener, process, [error, ...more]);
    if (others.length > 0 || process.listenerCount(event) > 1) return;
    // Its context does not tell whose it is (a queue that others share), and nobody else is there who could report it.
    for (const suite of suites) if (suite.collect(error)) return;
    // What Node does without a listener.
    throw error;
  };
}

function suiteInCharge(): UnhandledErrors | undefined {
  const tracker = currentTracker();
  const found = tracker && suiteOf.get(tracker);
  if (found !== undefined) return found;
  const name = currentInstance()?.name;
  if (name === undefined) return undefined;
  return [...suites].find((suite) => suite.isAbout(name));
}
