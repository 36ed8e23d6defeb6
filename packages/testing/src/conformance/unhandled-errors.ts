import { currentTracker, type ResourceTracker } from "./resource-tracker.ts";

type Listener = (...args: unknown[]) => void;

const events = ["unhandledRejection", "uncaughtException"] as const;
const collectors = new Map<ResourceTracker, unknown[]>();
const displaced = new Map<string, Listener[]>();

/**
 * Collects the errors that nobody handled and that came from code which `tracker` runs. Meanwhile the listeners of a test runner are kept
 * from those, and from those only.
 *
 * @returns a function that ends this.
 */
export function collectUnhandled(tracker: ResourceTracker, errors: unknown[]): () => void {
  if (collectors.size === 0) displace();
  collectors.set(tracker, errors);
  return () => {
    collectors.delete(tracker);
    if (collectors.size === 0) restore();
  };
}

function displace(): void {
  for (const event of events) {
    displaced.set(event, process.rawListeners(event) as Listener[]);
    process.removeAllListeners(event);
    process.on(event, listenerOf(event));
  }
}

function restore(): void {
  for (const event of events) {
    process.removeAllListeners(event);
    for (const listener of displaced.get(event) ?? []) process.on(event, listener);
  }
  displaced.clear();
}

function listenerOf(event: (typeof events)[number]): Listener {
  return (error, ...more) => {
    const tracker = currentTracker();
    const errors = tracker && collectors.get(tracker);
    if (errors !== undefined) {
      // A few are enough; and an error whose stack was not asked for holds everything that was on it.
      if (errors.length < 3) errors.push(error);
      return;
    }
    const others = displaced.get(event) ?? [];
    for (const listener of others) Reflect.apply(listener, process, [error, ...more]);
    // Nobody else's either: what Node does without a listener.
    if (others.length === 0) throw error;
  };
}
