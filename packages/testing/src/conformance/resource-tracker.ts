import { AsyncLocalStorage, createHook, executionAsyncId } from "node:async_hooks";
import { currentInstance } from "@tenure/core";
import { settled } from "../virtual-clock.ts";
import { within } from "./within.ts";

/** Something that keeps a process busy, made while code of the component ran. */
export interface CreatedResource {
  /** As Node names it: `Timeout`, `TCPSERVERWRAP`, `FSEVENTWRAP`, ... */
  readonly type: string;
  /** The frames of the stack that made it, nearest first, without Node's own. */
  readonly stack: readonly string[];
}

/** What can outlive an instance. Requests that end by themselves (DNS, files) and promises are not among them. */
const handles: ReadonlySet<string> = new Set([
  "Timeout",
  "Immediate",
  "TCPWRAP",
  "TCPSERVERWRAP",
  "PIPEWRAP",
  "PIPESERVERWRAP",
  "UDPWRAP",
  "PROCESSWRAP",
  "FSEVENTWRAP",
  "STATWATCHER",
  "SIGNALWRAP",
  "WORKER",
  "MESSAGEPORT",
  "HTTP2SESSION",
]);

interface Tracked extends CreatedResource {
  readonly handle: { unref?(): unknown };
}

const storage = new AsyncLocalStorage<ResourceTracker>();
const active = new Set<ResourceTracker>();
const owners = new Map<number, ResourceTracker>();
/** By the id of whatever was made while code of a component ran: a server listens in a later turn, whose stack says nothing. */
const origins = new Map<number, readonly string[]>();

/** One hook for all: it runs only while somebody tracks. */
const hook = createHook({
  init(id, type, _trigger, handle) {
    const tracker = currentTracker();
    if (tracker === undefined || type === "PROMISE") return;
    const own = currentStack();
    const stack = own.length > 0 ? own : (origins.get(executionAsyncId()) ?? own);
    if (stack.length > 0) origins.set(id, stack);
    if (handles.has(type)) tracker.created(id, { type, stack, handle });
  },
  destroy(id) {
    origins.delete(id);
    owners.get(id)?.destroyed(id);
  },
});

/**
 * Notes every handle that is made by code which `run` has called, however late: the context follows promises, timers and callbacks. So
 * what a test runner, another test or a dependency makes meanwhile is not charged to the component.
 */
export class ResourceTracker {
  readonly #component: string;
  readonly #alive = new Map<number, Tracked>();
  #whenEmpty: (() => void) | undefined;

  constructor(component: string) {
    this.#component = component;
  }

  /** Whether this is the component, or a child of it. */
  isAbout(name: string): boolean {
    return name === this.#component || name.startsWith(`${this.#component}/`);
  }

  begin(): void {
    if (active.size === 0) hook.enable();
    active.add(this);
  }

  /** What is still alive no longer keeps the process from ending: it has been reported. */
  end(): void {
    active.delete(this);
    if (active.size === 0) {
      hook.disable();
      origins.clear();
    }
    for (const [id, { handle }] of this.#alive) {
      owners.delete(id);
      handle.unref?.();
    }
    this.#alive.clear();
  }

  run<R>(call: () => R): R {
    return storage.run(this, call);
  }

  get alive(): readonly CreatedResource[] {
    return [...this.#alive.values()];
  }

  /** Resolves when nothing is alive, at the latest after `grace` ms. */
  async settle(grace: number): Promise<void> {
    if (this.#alive.size === 0) return;
    // Node tells of what is gone in a turn of the event loop that it does not ask for: something has to keep it turning.
    const turning = setInterval(() => {}, 1);
    await within(new Promise<void>((resolve) => (this.#whenEmpty = resolve)), grace);
    await settled();
    clearInterval(turning);
    this.#whenEmpty = undefined;
  }

  created(id: number, resource: Tracked): void {
    if (!active.has(this)) return;
    this.#alive.set(id, resource);
    owners.set(id, this);
  }

  destroyed(id: number): void {
    owners.delete(id);
    this.#alive.delete(id);
    if (this.#alive.size === 0) this.#whenEmpty?.();
  }
}

/**
 * Whose code runs now, if anybody's. Children, and listeners of the instance's signal, are called by the supervisor, which names them; a
 * context of our own comes first, since it also tells one case's instances from the next one's.
 */
export function currentTracker(): ResourceTracker | undefined {
  const own = storage.getStore();
  if (own !== undefined) return own;
  const name = currentInstance()?.name;
  if (name === undefined) return undefined;
  for (const tracker of active) if (tracker.isAbout(name)) return tracker;
  return undefined;
}

function currentStack(): readonly string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = limit;
  return stack
    .split("\n")
    .slice(1)
    .map((line) => line.trim().replace(/^at /, ""))
    .filter((frame) => !/node:|resource-tracker\.|observed-component\./.test(frame));
}

/** As in `2 × Timeout made at poll (/app/poller.ts:12:5)`, one line for each place. */
export function describeResources(resources: readonly CreatedResource[]): string {
  const places = new Map<string, number>();
  for (const { type, stack } of resources) {
    const place = `${type} made at ${stack[0] ?? "a place that is not known"}`;
    places.set(place, (places.get(place) ?? 0) + 1);
  }
  return [...places].map(([place, count]) => (count === 1 ? place : `${count} × ${place}`)).join("; ");
}
