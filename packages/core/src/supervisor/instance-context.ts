import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

/** Whose code runs: names the instance and does not hold it, since contexts live as long as the timers made in them. */
export interface InstanceIdentity {
  readonly name: string;
  readonly number: number;
}

/**
 * Every call into a component is made within its context, and Node carries that through promises, timers and callbacks up to the
 * handlers of unhandled rejections and uncaught exceptions: so an error that nobody handled can be charged to who made it.
 */
const storage = new AsyncLocalStorage<InstanceIdentity | undefined>();

export function runAs<R>(identity: InstanceIdentity, call: () => R): R {
  return storage.run(identity, call);
}

/** Made once: entering a context that exists costs a tenth of making one, and this is entered for every event. */
const nobody = storage.run(undefined, () => new AsyncResource("tenure.supervisor"));

/** Outside of every component, and of whatever other contexts the caller is in. */
export function runAsNobody<R>(call: () => R): R {
  return nobody.runInAsyncScope(call);
}

/** @returns undefined outside of every component */
export function currentInstance(): InstanceIdentity | undefined {
  return storage.getStore();
}
